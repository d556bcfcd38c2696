// MMX and SSE instructions, against the host's own CPU.
import JITEngine
import Testing

@testable import X86

@Suite struct HostVectorTests {
    /// Every encoding with every immediate value, on random registers, lanes and MXCSR; nothing is unmasked.
    @Test(arguments: VectorForm.Group.all)
    func instructionsDoWhatTheHostDoes(group: VectorForm.Group) throws {
        var random = SplitMix(seed: 8)
        try compare(group.forms, count: 256, &random, .all)
    }

    /// The same as translated code, where no exception is raised.
    @Test(arguments: VectorForm.Group.all)
    func translatedInstructionsDoWhatTheHostDoes(group: VectorForm.Group) throws {
        var random = SplitMix(seed: 10)
        try compare(group.forms, count: 32, &random, .all, translated: true)
    }

    /// What instructions leave behind in translated code is what the next ones find: any of them in any order.
    @Test func translatedSequencesDoWhatTheInterpreterDoes() throws {
        var random = SplitMix(seed: 11)
        let forms = VectorForm.Group.all.flatMap(\.forms)
        let (interpreted, translated, engine) = (try FloatMachine(), try FloatMachine(), JITEngine())
        var compared = 0
        for _ in 0..<4000 {
            let cases = (0..<10).compactMap { _ in
                VectorCase(random.pick(forms), &random, immediate: UInt8(truncatingIfNeeded: random.next()), .all)
            }
            try interpreted.prepare(cases[0].words)
            // Those that raise an exception have their own tests.
            guard try cases.allSatisfy({ try interpreted.execute($0.code) == nil }) else { continue }
            try translated.prepare(cases[0].words)
            let code = cases.flatMap(\.code)
            let vector = translated.translate(code, engine, instructions: UInt64(cases.count))
            let names = cases.map { $0.instruction.operation.name }
            #expect(try translated.result(vector) == interpreted.result(nil), "\(names) \(code)")
            compared += 1
        }
        #expect(compared > 500)
    }

    /// Exceptions that are not masked keep results from being written.
    @Test(arguments: VectorForm.Group.all)
    func exceptionsAreRaisedAsByTheHost(group: VectorForm.Group) throws {
        var random = SplitMix(seed: 9)
        let forms = group.floatForms
        let raised = try compare(forms, count: 256, &random, .some)
        #expect(forms.isEmpty || raised > 50)
    }

    /// All pairs of special values, in operations whose exceptions depend on both operands.
    @Test(arguments: [
        0x1f80, 0x3fc0, 0xdf80, 0x9f80, 0xffc0, 0x1f00, 0x1e80, 0x1d80, 0x1b80, 0x1780, 0x0f80, 0x8000,
    ] as [UInt64])
    func specialValuesMeetAsOnTheHost(control: UInt64) throws {
        var cases: [VectorCase] = []
        for code in Self.singleCodes {
            for a in Self.singles {
                cases += Self.singles.compactMap { VectorCase(code, a | a << 32, $0 | $0 << 32, control: control) }
            }
        }
        for code in Self.doubleCodes {
            for a in Self.doubles { cases += Self.doubles.compactMap { VectorCase(code, a, $0, control: control) } }
        }
        let count = Self.singleCodes.count + Self.doubleCodes.count
        #expect(cases.count == count * Self.singles.count * Self.singles.count)
        _ = try compare(cases)
    }

    /// sqrt, add, mul, sub, min, div, max, comi, cmplt, cmpunord, round, and conversions.
    private static let codes: [UInt8] = [0x51, 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f, 0x5a, 0x2d]
    private static let singleCodes: [[UInt8]] = codes.map { [0xf3, 0x0f, $0, 0xc1] } + [
        [0x0f, 0x2f, 0xc1], [0xf3, 0x0f, 0xc2, 0xc1, 1], [0x0f, 0xc2, 0xc1, 3], [0x66, 0x0f, 0x3a, 0x0a, 0xc1, 4],
        [0x66, 0x0f, 0x5b, 0xc1],
    ]
    private static let doubleCodes: [[UInt8]] = codes.map { [0xf2, 0x0f, $0, 0xc1] } + [
        [0x66, 0x0f, 0x2f, 0xc1], [0xf2, 0x0f, 0xc2, 0xc1, 1], [0x66, 0x0f, 0xc2, 0xc1, 3],
        [0x66, 0x0f, 0x3a, 0x0b, 0xc1, 4], [0xf2, 0x0f, 0xe6, 0xc1],
    ]

    /// Zero, limits of normal and denormal numbers and their neighbours, one and its neighbours, numbers around
    /// halves and the limits of integers, infinity and NaNs; of both signs.
    private static let singles: [UInt64] = [
        0, 1, 0x3f_ffff, 0x7f_ffff, 0x80_0000, 0x80_0001, 0xff_ffff, 0x7f7f_ffff, 0x7f80_0000, 0x7f80_0001,
        0x7fc0_0005, 0x3f80_0000, 0x3f7f_ffff, 0x3f80_0001, 0x3f00_0000, 0x3fc0_0000, 0x4f00_0000, 0x4eff_ffff,
    ].flatMap { [$0, $0 | 1 << 31] }
    private static let doubles: [UInt64] = [
        0, 1, 0x8_0000_0000_0000, 0xf_ffff_ffff_ffff, 0x10_0000_0000_0000, 0x10_0000_0000_0001, 0x1f_ffff_ffff_ffff,
        0x7fef_ffff_ffff_ffff, 0x7ff0_0000_0000_0000, 0x7ff0_0000_0000_0001, 0x7ff8_0000_0000_0005,
        0x3ff0_0000_0000_0000, 0x3fef_ffff_ffff_ffff, 0x3ff0_0000_0000_0001, 0x3fe0_0000_0000_0000,
        0x3ff8_0000_0000_0000, 0x41e0_0000_0000_0000, 0x43df_ffff_ffff_ffff,
    ].flatMap { [$0, $0 | 1 << 63] }

    @Test func everyOperationIsCompared() {
        let compared = Set(VectorForm.Group.all.flatMap(\.forms).map(\.operation))
        let first = X86.Operation.punpcklbw.rawValue
        let missing = X86.Operation.allCases.filter { $0.rawValue >= first && !compared.contains($0) }
        #expect(missing.isEmpty, "\(missing)")
        #expect(compared.contains(.ldmxcsr) && compared.contains(.stmxcsr))
    }

    /// Compares `count` cases of each form; gives how many raised an exception.
    @discardableResult
    private func compare(
        _ forms: [VectorForm], count: Int, _ random: inout SplitMix, _ masks: VectorCase.Masks,
        translated: Bool = false
    ) throws -> Int {
        var raised = 0
        // In parts, so that memory stays small.
        for part in stride(from: 0, to: forms.count, by: 64) {
            var cases: [VectorCase] = []
            for form in forms[part..<min(part + 64, forms.count)] {
                let found = (0..<count).compactMap {
                    VectorCase(form, &random, immediate: UInt8(truncatingIfNeeded: $0), masks)
                }
                #expect(found.count >= count / 2, "\(form)")
                cases += found
            }
            raised += try compare(cases, translated: translated)
        }
        return raised
    }

    private func compare(_ cases: [VectorCase], translated: Bool = false) throws -> Int {
        let results = try HostVectorHarness.run(cases)
        let machine = try FloatMachine()
        if translated { machine.engine = JITEngine() }
        machine.cpu.state.pointee.cr4 |= CR4.vectorExceptions
        var differences: [X86.Operation: [String]] = [:]
        var raised = 0
        for (index, test) in cases.enumerated() {
            let words = HostVectorHarness.resultWords
            let host = Array(results[index * words..<(index + 1) * words])
            if host[HostVectorHarness.Word.exception] != HostVectorHarness.noException {
                raised += 1
                // Translated code leaves those to the interpreter, which delivers them.
                if translated { continue }
            }
            if let text = test.difference(try machine.run(test), host) {
                differences[test.instruction.operation, default: []].append(text)
            }
        }
        for (operation, texts) in differences {
            Issue.record("\(operation), \(texts.count): \(texts.prefix(3).joined(separator: "\n    "))")
        }
        return raised
    }
}
