// Each rule of the IR, broken once.
import IR
import MachineCore
import Testing

@Suite struct VerifierTests {
    /// A legal block; every mutation starts from it.
    private static let legal = """
        instruction pc+0x0, 4
        %1 = load.state 0x8, double
        %2 = constant 0x5
        %3 = less.signed %1, %2
        %4 = load %1, word
        raise.if 0x2, %3, %4
        store.state 0x10, %4, double
        instruction pc+0x4, 2
        %8 = select %3, %1, %2
        %9 = atomic add, %8, %1, double
        %10 = float add.double, %2, %1, %2, %1
        fence full
        branch %3, pc+0x10, pc+0x6
        """

    struct Mutation: Sendable, CustomTestStringConvertible {
        let name: String
        let index: Int
        let reason: IRVerifierError.Reason
        let change: @Sendable (inout [IRInstruction]) -> Void
        var testDescription: String { name }

        init(
            _ name: String, at index: Int, _ reason: IRVerifierError.Reason,
            _ change: @escaping @Sendable (inout [IRInstruction]) -> Void
        ) {
            self.name = name
            self.index = index
            self.reason = reason
            self.change = change
        }
    }

    private static func verify(_ instructions: [IRInstruction], precise: Bool = true) -> IRVerifierError? {
        let verifier = IRVerifier(environment: TestLayout.environment, requiresPreciseState: precise)
        do {
            try verifier.verify(IRBlock(instructions))
            return nil
        } catch {
            return error
        }
    }

    @Test func theUnchangedBlockIsLegal() throws {
        let block = try IRText.parse(Self.legal)
        #expect(Self.verify(block.instructions) == nil)
        #expect(block.guestInstructionCount == 2)
        #expect(block.guestByteCount == 6)
    }

    static let operandMutations: [Mutation] = [
        Mutation("forward operand", at: 3, .undefinedOperand(position: 1, value: 4)) { $0[3].b = 4 },
        Mutation("own result", at: 3, .undefinedOperand(position: 0, value: 3)) { $0[3].a = 3 },
        Mutation("negative operand", at: 4, .undefinedOperand(position: 0, value: -7)) { $0[4].a = -7 },
        Mutation("missing operand", at: 8, .undefinedOperand(position: 2, value: -1)) { $0[8].c = -1 },
        Mutation("condition as value", at: 8, .operandType(position: 1, expected: .i64, found: .i1)) {
            $0[8].b = 3
        },
        Mutation("value as condition", at: 5, .operandType(position: 0, expected: .i1, found: .i64)) {
            $0[5].a = 1
        },
        Mutation("operand without result", at: 4, .operandType(position: 0, expected: .i64, found: nil)) {
            $0[4].a = 0
        },
        Mutation("surplus operand", at: 3, .unusedField("operand 2")) { $0[3].c = 1 },
        Mutation("surplus fourth operand", at: 1, .unusedField("operand 3")) { $0[1].d = 0 },
    ]

    static let fieldMutations: [Mutation] = [
        Mutation("surplus immediate", at: 3, .unusedField("immediate")) { $0[3].immediate = 1 },
        Mutation("surplus other target", at: 6, .unusedField("otherwise")) { $0[6].otherwise = 4 },
        Mutation("surplus detail", at: 2, .illegalDetail(1)) { $0[2].detail = 1 },
        Mutation("surplus width", at: 2, .illegalWidth(8)) { $0[2].width = 8 },
        Mutation("missing width", at: 4, .illegalWidth(0)) { $0[4].width = 0 },
        Mutation("no such width", at: 4, .illegalWidth(3)) { $0[4].width = 3 },
        Mutation("narrow atomic", at: 9, .illegalWidth(2)) { $0[9].width = 2 },
        Mutation("no such atomic", at: 9, .illegalDetail(9)) { $0[9].detail = 9 },
        Mutation("atomic past a byte", at: 9, .illegalDetail(256)) { $0[9].detail = 256 },
        Mutation("no such float operation", at: 10, .illegalDetail(42)) { $0[10].detail = 42 },
        Mutation("no such fence", at: 11, .illegalDetail(2)) { $0[11].detail = 2 },
        Mutation("length zero", at: 7, .illegalDetail(0)) { $0[7].detail = 0 },
        Mutation("length 16", at: 7, .illegalDetail(16)) { $0[7].detail = 16 },
        Mutation("truth 2", at: 2, .illegalTruth(2)) {
            $0[2] = IRInstruction(.constantCondition, immediate: 2)
        },
    ]

    static let stateMutations: [Mutation] = [
        Mutation("past the state", at: 6, .outsideState(offset: 313)) { $0[6].immediate = 313 },
        Mutation("before the state", at: 1, .outsideState(offset: -1)) { $0[1].immediate = .max },
        Mutation("far past the state", at: 1, .outsideState(offset: .max)) { $0[1].immediate = .max >> 1 },
        Mutation("program counter", at: 6, .touchesProgramCounter(offset: 256)) { $0[6].immediate = 256 },
        Mutation("into the program counter", at: 1, .touchesProgramCounter(offset: 249)) {
            $0[1].immediate = 249
        },
        Mutation("changed before a load", at: 4, .stateChangedBeforeInterruption(changedAt: 3)) {
            $0[3] = IRInstruction(.storeState, 1, immediate: 16, width: .double)
        },
        Mutation("float before an atomic", at: 9, .stateChangedBeforeInterruption(changedAt: 8)) {
            $0[8] = $0[10]
            $0[9].a = 1
        },
    ]

    static let orderMutations: [Mutation] = [
        Mutation("no end", at: 12, .missingTerminator) { $0.removeLast() },
        Mutation("empty", at: 0, .missingTerminator) { $0.removeAll() },
        Mutation("two ends", at: 12, .terminatorInside) { $0.append($0[12]) },
        Mutation("end in the middle", at: 11, .terminatorInside) { $0[11] = IRInstruction(.jump) },
        Mutation("no start", at: 0, .missingInstructionStart) { $0[0] = $0[2] },
        Mutation("start not at 0", at: 0, .instructionStartOrder(expected: 0, found: 4)) {
            $0[0].immediate = 4
        },
        Mutation("too many", at: 1 << 16, .tooManyInstructions((1 << 16) + 1)) { instructions in
            let filler = Array(repeating: instructions[2], count: (1 << 16) + 1 - instructions.count)
            instructions.insert(contentsOf: filler, at: 2)
        },
    ]

    @Test(arguments: operandMutations + fieldMutations + stateMutations + orderMutations)
    func aBrokenBlockIsRefused(_ mutation: Mutation) throws {
        var instructions = try IRText.parse(Self.legal).instructions
        mutation.change(&instructions)
        let error = try #require(Self.verify(instructions))
        #expect(error == IRVerifierError(index: mutation.index, reason: mutation.reason))
        #expect(error.description.hasPrefix("IR instruction \(mutation.index): "))
    }

    @Test func impreciseStateIsAllowedWhenAskedFor() throws {
        var instructions = try IRText.parse(Self.legal).instructions
        instructions[3] = IRInstruction(.storeState, 1, immediate: 16, width: .double)
        instructions[5] = IRInstruction(.constantCondition, immediate: 1)
        instructions[8] = instructions[2]
        instructions[12] = IRInstruction(.jump, immediate: 6)
        #expect(Self.verify(instructions, precise: false) == nil)
        #expect(Self.verify(instructions) != nil)
    }

    /// Random bytes in random places: the verifier must come to a verdict, and what it accepts must run.
    @Test func randomDamage() throws {
        let legal = try IRText.parse(Self.legal).instructions
        var random = SplitMix(0x5eed)
        var accepted = 0
        for _ in 0..<20_000 {
            var instructions = legal
            for _ in 0..<random.below(3) + 1 { damage(&instructions, &random) }
            guard Self.verify(instructions, precise: false) == nil else { continue }
            accepted += 1
            var host = TestHost(state: TestState())
            var interpreter = IRInterpreter(environment: TestLayout.environment)
            let run = interpreter.run(IRBlock(instructions), state: host.state.pointer, host: &host)
            #expect(run.retired <= 2)
        }
        #expect(accepted > 100)
    }

    private func damage(_ instructions: inout [IRInstruction], _ random: inout SplitMix) {
        let index = random.below(instructions.count)
        switch random.below(7) {
        case 0: instructions[index].op = random.pick(IROp.allCases)
        case 1: instructions[index][operand: random.below(4)] = Int32(random.below(16)) - 2
        case 2: instructions[index].immediate = random.operand()
        case 3: instructions[index].width = UInt8(random.below(10))
        case 4: instructions[index].detail = UInt16(truncatingIfNeeded: random.operand())
        case 5: instructions.swapAt(index, random.below(instructions.count))
        default: instructions[index].otherwise = Int32(truncatingIfNeeded: random.operand())
        }
    }
}
