// Checks that a block obeys the rules of the IR.
import MachineCore

/// The rules of legal blocks. Interpreter, passes and code generators take only blocks that have passed
/// it; they index and address without checks of their own.
public struct IRVerifier: Sendable {
    /// The layout of the CPU state that blocks work on.
    public let environment: IREnvironment
    /// Also refuse guest instructions that can be interrupted after they changed state (the rule of
    /// precise exceptions of `Semantics`): stores to state and floating-point operations, which accrue
    /// flags, followed by a memory access, a conditional raise or a helper.
    public let requiresPreciseState: Bool

    /// A verifier for CPUs laid out as `environment` says.
    public init(environment: IREnvironment, requiresPreciseState: Bool = true) {
        self.environment = environment
        self.requiresPreciseState = requiresPreciseState
    }

    /// Checks all rules.
    /// - Throws: the first broken rule.
    public func verify(_ block: IRBlock) throws(IRVerifierError) {
        let count = block.instructions.count
        guard count <= IRBlock.maximumInstructionCount else {
            throw IRVerifierError(index: IRBlock.maximumInstructionCount, reason: .tooManyInstructions(count))
        }
        var progress = Progress()
        for index in 0..<count {
            let instruction = block.instructions[index]
            if let reason = problem(instruction, at: index, of: block, &progress) {
                throw IRVerifierError(index: index, reason: reason)
            }
        }
        guard let last = block.instructions.last, last.op.properties.effects.contains(.terminates) else {
            throw IRVerifierError(index: count, reason: .missingTerminator)
        }
    }

    /// What the rules remember from earlier instructions.
    private struct Progress {
        /// Where the next guest instruction must start.
        var nextDistance: Int64 = 0
        /// Where the current guest instruction changed state first.
        var stateChange: Int?
    }

    private func problem(
        _ instruction: IRInstruction, at index: Int, of block: IRBlock, _ progress: inout Progress
    ) -> IRVerifierError.Reason? {
        let properties = instruction.op.properties
        if index == 0, instruction.op != .instructionStart { return .missingInstructionStart }
        if properties.effects.contains(.terminates), index != block.instructions.count - 1 {
            return .terminatorInside
        }
        return operandProblem(instruction, properties, at: index, in: block)
            ?? fieldProblem(instruction, properties)
            ?? stateProblem(instruction, properties)
            ?? orderProblem(instruction, properties, at: index, block.isTrace, &progress)
    }

    private func operandProblem(
        _ instruction: IRInstruction, _ properties: IROp.Properties, at index: Int, in block: IRBlock
    ) -> IRVerifierError.Reason? {
        for position in 0..<4 {
            let operand = instruction[operand: position]
            guard position < properties.operands.count else {
                if operand != IRInstruction.unused { return .unusedField("operand \(position)") }
                continue
            }
            guard operand >= 0, Int(operand) < index else {
                return .undefinedOperand(position: position, value: operand)
            }
            let expected = properties.operands.type(position)
            let found = block.instructions[Int(operand)].op.properties.result
            if found != expected {
                return .operandType(position: position, expected: expected, found: found)
            }
        }
        return nil
    }

    private func fieldProblem(
        _ instruction: IRInstruction, _ properties: IROp.Properties
    ) -> IRVerifierError.Reason? {
        if instruction.width != 0, instruction.accessWidth == nil { return .illegalWidth(instruction.width) }
        if !properties.width.allows(instruction.accessWidth) { return .illegalWidth(instruction.width) }
        if properties.immediate != .targets, instruction.otherwise != 0 { return .unusedField("otherwise") }
        if properties.immediate == .none, instruction.immediate != 0 { return .unusedField("immediate") }
        if properties.immediate == .truth, instruction.immediate > 1 {
            return .illegalTruth(instruction.immediate)
        }
        return isLegal(instruction.detail, properties.detail) ? nil : .illegalDetail(instruction.detail)
    }

    private func isLegal(_ detail: UInt16, _ meaning: IROp.Detail) -> Bool {
        switch meaning {
        case .none: detail == 0
        case .length: detail >= 1 && detail <= IRBlock.maximumGuestInstructionLength
        case .atomic: UInt8(exactly: detail).flatMap(AtomicOperation.init(rawValue:)) != nil
        case .fence: UInt8(exactly: detail).flatMap(FenceKind.init(rawValue:)) != nil
        case .float: FloatOperation(irCode: detail) != nil
        case .helper: true
        case .flags: FlagOperation(rawValue: detail) != nil
        case .flagCondition: FlagCondition(detail: detail) != nil
        case .vector: detail >> 10 & 3 != 0
        case .vectorWidth: detail == 4 || detail == 8 || detail == 16
        }
    }

    private func stateProblem(
        _ instruction: IRInstruction, _ properties: IROp.Properties
    ) -> IRVerifierError.Reason? {
        guard properties.immediate == .state else { return nil }
        let offset = instruction.distance
        let limit = Int64(environment.stateByteCount) - Int64(instruction.width)
        guard offset >= 0, offset <= limit else { return .outsideState(offset: offset) }
        let counter = environment.programCounterOffset..<environment.programCounterOffset + 8
        return instruction.stateRange.overlaps(counter) ? .touchesProgramCounter(offset: offset) : nil
    }

    private func orderProblem(
        _ instruction: IRInstruction, _ properties: IROp.Properties, at index: Int, _ isTrace: Bool,
        _ progress: inout Progress
    ) -> IRVerifierError.Reason? {
        if instruction.op == .instructionStart {
            let found = instruction.distance
            // A block is entered at its guest address; a trace may go on anywhere.
            guard found == progress.nextDistance || (isTrace && index > 0) else {
                return .instructionStartOrder(expected: progress.nextDistance, found: found)
            }
            progress.nextDistance += Int64(instruction.detail)
            progress.stateChange = nil
        }
        if requiresPreciseState, let change = progress.stateChange,
            properties.effects.contains(.interrupts)
        {
            return .stateChangedBeforeInterruption(changedAt: change)
        }
        if progress.stateChange == nil, !properties.effects.isDisjoint(with: [.writesField, .accruesFlags]) {
            progress.stateChange = index
        }
        return nil
    }
}
