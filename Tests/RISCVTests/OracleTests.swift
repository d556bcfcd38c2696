// What instructions do, against qemu-riscv64: random programs end in the same state.
@testable import RISCV
import Testing

@Suite struct OracleTests {
    /// Every user-level operation in all its encodings, hundreds of times.
    @Test func randomProgramsMatchQEMU() throws {
        let oracle = try QEMUOracle()
        defer { oracle.remove() }
        let subject = try HartUnderTest()
        var generator = OracleGenerator(seed: 0x0dd_5eed)
        let programs = (0..<3_000).map { _ in generator.program() }
        let expected = try oracle.outcomes(programs)
        var failures = 0
        for (program, outcome) in zip(programs, expected) where subject.outcome(of: program) != outcome {
            failures += 1
            if failures <= 5 { try report(program, oracle, subject) }
        }
        #expect(failures == 0, "\(failures) of \(programs.count) programs differ")
        let different = zip(programs, expected).count { subject.outcomeCounting($0) != $1 }
        #expect(different == 0, "one instruction at a time, \(different) programs differ")
        #expect(subject.executed.values.reduce(0, +) >= 200_000)
        for encoding in OracleGenerator.encodings {
            let count = subject.executed[encoding.picture] ?? 0
            #expect(count >= 200, "\(encoding.operation) as \(encoding.picture)")
        }
        let operations = Set(OracleGenerator.encodings.map(\.operation))
        #expect(operations.count == Operation.allCases.count - 8)
    }

    /// Finds the shortest prefix of the program that still differs and shows its end.
    private func report(_ program: OracleProgram, _ oracle: QEMUOracle, _ subject: HartUnderTest) throws {
        let prefixes = (0...program.units.count).map { program.prefix($0) }
        let expected = try oracle.outcomes(prefixes)
        let failing = prefixes.indices.first { subject.outcome(of: prefixes[$0]) != expected[$0] }
        guard let count = failing, count > 0, let ours = subject.outcome(of: prefixes[count])
        else {
            Issue.record("the program does not end, or no prefix differs")
            return
        }
        let before = expected[count - 1].registers
        var lines: [String] = []
        for (address, instruction) in program.instructions(max(0, count - 3)..<count) {
            let text = instruction.assemblyText(at: address)
            lines.append("\(hex(address)): \(hex(UInt64(instruction.bits))) \(text)")
        }
        let theirs = expected[count]
        for (index, name) in Self.registerNames.enumerated() {
            let (mine, other) = (ours.registers[index], theirs.registers[index])
            if mine == other { continue }
            lines.append("\(name): \(hex(mine)), qemu \(hex(other)), before \(hex(before[index]))")
        }
        if let (_, last) = program.instructions(count - 1..<count).last {
            for register in [last.rs1, last.rs2, last.rs3].map(Int.init) {
                let (x, f) = (before[register], before[register + 32])
                lines.append("before: x\(register) \(hex(x)), f\(register) \(hex(f))")
            }
            lines.append("before: fcsr \(hex(before[64]))")
        }
        let bytes = ours.window.indices.filter { ours.window[$0] != theirs.window[$0] }
        lines += bytes.prefix(8).map { "byte \($0): \(ours.window[$0]), qemu \(theirs.window[$0])" }
        Issue.record("unit \(count):\n\(lines.joined(separator: "\n"))")
    }

    private func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

    private static let registerNames = RegisterNames.integer + RegisterNames.float + ["fcsr"]
}
