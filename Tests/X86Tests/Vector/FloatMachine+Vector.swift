// Vector cases on the CPU under test.

@testable import X86

extension FloatMachine {
    private typealias Word = HostVectorHarness.Word

    /// The result of a case, in the harness's form.
    func run(_ test: VectorCase) throws -> [UInt64] {
        try prepare(test.words)
        return try result(execute(test.code))
    }

    /// Takes over the state that a case starts from.
    func prepare(_ words: [UInt64]) throws {
        store(words[Word.data...], at: HostVectorHarness.data)
        var before = [UInt64](repeating: 0, count: 64)
        (before[0], before[3]) = (words[Word.float], words[Word.control])
        before.replaceSubrange(4..<52, with: words[Word.stack..<Word.general])
        try setImage(before)
        for number in 0..<16 { cpu.state.pointee.registers[number] = words[Word.general + number] }
        cpu.state.pointee.statusFlags = words[Word.flags] & RFlags.status
        cpu.state.pointee.systemFlags = 0x202
    }

    /// The state as a result in the harness's form.
    /// - Parameter vector: of the exception that was raised.
    func result(_ vector: UInt8?) throws -> [UInt64] {
        let after = try image()
        var result = [after[0] & 0xffff_ffff_ffff, after[3] & 0xffff_ffff] + after[4..<52]
        for number in 0..<16 { result.append(cpu.state.pointee.registers[number]) }
        result.append(cpu.state.pointee.statusFlags)
        result.append(vector.map { UInt64($0) } ?? HostVectorHarness.noException)
        return result + self.words(HostVectorHarness.data, HostVectorHarness.dataWords)
    }
}
