// x87 instructions, against the host's own CPU.
import Testing

@testable import X86

@Suite struct HostFloatTests {
    /// Random instructions: control words with all roundings and precisions, exceptions masked and not, empty
    /// registers, special values.
    @Test func instructionsDoWhatTheHostDoes() throws {
        var random = SplitMix(seed: 80)
        let compared = try compare((0..<150_000).compactMap { _ in FloatCase(&random) })
        let all = X86.Operation.allCases.filter { operation in
            var instruction = Instruction()
            instruction.operation = operation
            return instruction.isFloat
        }
        let rare = all.filter { compared[$0, default: 0] < 50 }
        #expect(rare.isEmpty, "too rarely compared: \(rare)")
    }

    /// Operations whose encoding is rare by chance; elementary functions may differ by a unit of the last place.
    @Test(arguments: [
        [0xd9, 0xf0], [0xd9, 0xf1], [0xd9, 0xf2], [0xd9, 0xf3], [0xd9, 0xf9], [0xd9, 0xfb], [0xd9, 0xfe],
        [0xd9, 0xff], [0xd9, 0xf4], [0xd9, 0xf5], [0xd9, 0xf8], [0xd9, 0xfa], [0xd9, 0xfc], [0xd9, 0xfd],
        [0xdf, 0x26], [0xdf, 0x36],
    ] as [[UInt8]])
    func rareInstructionsDoWhatTheHostDoes(code: [UInt8]) throws {
        var random = SplitMix(seed: UInt64(code[1]))
        _ = try compare((0..<6000).compactMap { _ in FloatCase(&random, code + [0]) })
    }

    /// Zeros, limits, infinities, NaNs and what is no number, both signs, in all pairs.
    private static let specialValues: [Extended80] = [
        .zero(isNegative: false), .one, .infinity(isNegative: false), .indefinite.withSign(false),
        Extended80(significand: 1, signExponent: 0), Extended80(significand: .max >> 1, signExponent: 0),
        Extended80(significand: 1 << 63, signExponent: 0), Extended80(significand: 1 << 63, signExponent: 1),
        Extended80(significand: .max, signExponent: 0x7ffe), Extended80(significand: 3, signExponent: 0x4000),
        Extended80(significand: 1 << 63 | 5, signExponent: 0x7fff), Extended80(significand: 5, signExponent: 0x7fff),
        Extended80(significand: 7 << 61, signExponent: 0x7fff), Extended80(significand: 1 << 63, signExponent: 0x3ffe),
        Extended80(significand: 3 << 62, signExponent: 0x3fff), Extended80(significand: .max, signExponent: 0x3ffe),
        Extended80(significand: 1 << 63, signExponent: 0x4002), Extended80(significand: 1 << 63, signExponent: 0x403e),
    ]

    @Test(arguments: [0x37f, 0x77f, 0xb7f, 0x37e, 0x37d, 0x37b, 0x377, 0x36f, 0x35f, 0x340, 0x07f] as [UInt16])
    func specialValuesMeetAsOnTheHost(control: UInt16) throws {
        let codes: [[UInt8]] = [
            [0xd8, 0xc1], [0xd8, 0xc9], [0xd8, 0xe1], [0xd8, 0xe9], [0xd8, 0xf1], [0xd8, 0xf9], [0xd8, 0xd1],
            [0xdd, 0xe1], [0xdb, 0xf1], [0xdb, 0xe9], [0xd9, 0xf1], [0xd9, 0xf3], [0xd9, 0xf5], [0xd9, 0xf8],
            [0xd9, 0xf9], [0xd9, 0xfd],
        ]
        let values = Self.specialValues + Self.specialValues.map { $0.withSign(true) }
        var cases: [FloatCase] = []
        for code in codes {
            for a in values {
                cases += values.compactMap { FloatCase(code, a, $0, control: control) }
            }
        }
        #expect(cases.count == codes.count * values.count * values.count)
        _ = try compare(cases)
    }

    /// Compares the results of all cases; gives how many there were of each operation.
    private func compare(_ cases: [FloatCase]) throws -> [X86.Operation: Int] {
        let results = try HostFloatHarness.run(cases)
        let machine = try FloatMachine()
        var differences: [X86.Operation: [String]] = [:]
        var compared: [X86.Operation: Int] = [:]
        for (index, test) in cases.enumerated() {
            let words = HostFloatHarness.resultWords
            let host = Array(results[index * words..<(index + 1) * words])
            let operation = test.instruction.operation
            compared[operation, default: 0] += 1
            if let text = test.difference(try machine.run(test), host) {
                differences[operation, default: []].append(text)
            }
        }
        for (operation, texts) in differences {
            let count = "\(texts.count) of \(compared[operation, default: 0])"
            Issue.record("\(count): \(texts.prefix(4).joined(separator: "\n    "))")
        }
        return compared
    }
}
