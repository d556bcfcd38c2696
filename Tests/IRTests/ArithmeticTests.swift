// Every pure verb: builder and interpreter against plain integers.
import IR
import MachineCore
import Testing

@Suite struct ArithmeticTests {
    /// Which operands the builder sees as constants.
    enum Operands: CaseIterable { case values, constantRight, constantLeft, constants }

    private func run(_ verb: Verb, _ a: UInt64, _ b: UInt64, _ operands: Operands) throws -> UInt64 {
        let state = TestState()
        state[register: 1] = a
        state[register: 2] = b
        var builder = IRBuilder(environment: TestLayout.environment)
        builder.begin()
        builder.startInstruction(length: 4)
        let isLeftConstant = operands == .constants || operands == .constantLeft
        let isRightConstant = operands == .constants || operands == .constantRight
        let left = isLeftConstant ? builder.constant(a) : builder.loadState(8, .double)
        let right = isRightConstant ? builder.constant(b) : builder.loadState(16, .double)
        builder.storeState(24, verb.apply(&builder, left, right), .double)
        let block = builder.finish()
        try IRVerifier(environment: TestLayout.environment).verify(block)
        if operands == .constants {
            #expect(block.instructions.allSatisfy { Self.folded.contains($0.op) }, "\(verb) is not folded")
        }
        var interpreter = IRInterpreter(environment: TestLayout.environment)
        var host = TestHost(state: state)
        let result = interpreter.run(block, state: state.pointer, host: &host)
        #expect(result == IRRun(retired: 1, end: .jumped))
        return state[register: 3]
    }

    private static let folded: [IROp] = [
        .instructionStart, .constant, .constantCondition, .storeState, .jump,
    ]

    private func check(
        _ verb: Verb, _ a: UInt64, _ b: UInt64, _ ways: [Operands] = Operands.allCases
    ) throws {
        var reference = ReferenceSemantics(host: TestHost(state: TestState()))
        let expected = verb.apply(&reference, a, b)
        for operands in ways {
            let result = try run(verb, a, b, operands)
            #expect(result == expected, "\(verb) of \(a), \(b), operands \(operands)")
        }
    }

    @Test(arguments: Verb.allCases) func verbOnEdgesAndRandomOperands(_ verb: Verb) throws {
        var random = SplitMix(0x1234)
        for a in SplitMix.edges {
            for b in SplitMix.edges { try check(verb, a, b, [random.pick(Operands.allCases)]) }
        }
        for _ in 0..<50 { try check(verb, random.operand(), random.operand()) }
        let same = random.operand()
        try check(verb, same, same)
    }

    struct KnownAnswer: Sendable {
        let verb: Verb
        let a: UInt64
        let b: UInt64
        let expected: UInt64

        init(_ verb: Verb, _ a: UInt64, _ b: UInt64, _ expected: UInt64) {
            self.verb = verb
            self.a = a
            self.b = b
            self.expected = expected
        }
    }

    private static let minimum: UInt64 = 0x8000_0000_0000_0000
    private static let minusOne: UInt64 = .max

    /// Answers written down by hand, so that oracle and code can not err together.
    static let knownAnswers: [KnownAnswer] = [
        KnownAnswer(.divideSigned, minimum, minusOne, minimum),
        KnownAnswer(.remainderSigned, minimum, minusOne, 0),
        KnownAnswer(.divideSigned, 7, 0, minusOne),
        KnownAnswer(.remainderSigned, 7, 0, 7),
        KnownAnswer(.divideUnsigned, 7, 0, minusOne),
        KnownAnswer(.remainderUnsigned, 7, 0, 7),
        KnownAnswer(.divideSigned, 0xffff_ffff_ffff_fff9, 2, 0xffff_ffff_ffff_fffd),
        KnownAnswer(.remainderSigned, 0xffff_ffff_ffff_fff9, 2, minusOne),
        KnownAnswer(.shiftLeft, 1, 65, 2),
        KnownAnswer(.shiftRightArithmetic, minimum, 127, minusOne),
        KnownAnswer(.shiftRightLogical, minimum, 127, 1),
        KnownAnswer(.multiplyHighSigned, minusOne, minusOne, 0),
        KnownAnswer(.multiplyHighUnsigned, minusOne, minusOne, 0xffff_ffff_ffff_fffe),
        KnownAnswer(.countLeadingZeros, 0, 0, 64),
        KnownAnswer(.countTrailingZeros, 0, 0, 64),
        KnownAnswer(.countOnes, 0xf0f0, 0, 8),
        KnownAnswer(.reverseBytes, 0x0102_0304_0506_0708, 0, 0x0807_0605_0403_0201),
        KnownAnswer(.signExtend(.word), 0x1_8000_0000, 0, 0xffff_ffff_8000_0000),
        KnownAnswer(.zeroExtend(.half), 0xffff_8001, 0, 0x8001),
        KnownAnswer(.isLessSigned, minusOne, 0, 1),
        KnownAnswer(.isLessUnsigned, minusOne, 0, 0),
    ]

    @Test(arguments: knownAnswers) func knownAnswer(_ known: KnownAnswer) throws {
        for operands in Operands.allCases {
            let result = try run(known.verb, known.a, known.b, operands)
            #expect(result == known.expected)
        }
    }
}
