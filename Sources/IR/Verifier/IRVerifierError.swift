// What can be wrong with a block, and where.

/// A broken rule of the IR.
public struct IRVerifierError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The index of the instruction that breaks the rule; the instruction count when the end is missing.
    public let index: Int
    /// The rule.
    public let reason: Reason

    /// The instruction at `index` breaks the rule that `reason` names.
    public init(index: Int, reason: Reason) {
        self.index = index
        self.reason = reason
    }

    /// The rules of a legal block.
    public enum Reason: Equatable, Sendable {
        /// More than `IRBlock.maximumInstructionCount` instructions.
        case tooManyInstructions(Int)
        /// The last instruction is not a terminator, or there is no instruction.
        case missingTerminator
        /// A terminator stands before the end.
        case terminatorInside
        /// An operand does not name an earlier instruction.
        case undefinedOperand(position: Int, value: Int32)
        /// An operand names an instruction of another type, or one without a result.
        case operandType(position: Int, expected: IRType, found: IRType?)
        /// A field that the operation does not use is not in its default state.
        case unusedField(String)
        /// The access width is missing, unknown or not allowed here.
        case illegalWidth(UInt8)
        /// The detail field names no operation, fence or length.
        case illegalDetail(UInt16)
        /// A truth value other than 0 and 1.
        case illegalTruth(UInt64)
        /// The access leaves the state block.
        case outsideState(offset: Int64)
        /// The access touches the program counter, which only terminators write.
        case touchesProgramCounter(offset: Int64)
        /// The first instruction does not mark the start of a guest instruction.
        case missingInstructionStart
        /// A guest instruction does not start where the one before it ends.
        case instructionStartOrder(expected: Int64, found: Int64)
        /// A guest instruction changes state first and can be interrupted afterwards.
        case stateChangedBeforeInterruption(changedAt: Int)
    }

    public var description: String { "IR instruction \(index): \(reason.message)" }
}

extension IRVerifierError.Reason {
    /// One line with the cause and, where there is one, the rule to follow.
    public var message: String {
        switch self {
        case .tooManyInstructions(let count):
            "the block has \(count) instructions; end it before \(IRBlock.maximumInstructionCount)"
        case .missingTerminator: "the block does not end in a terminator"
        case .terminatorInside: "a terminator must be the last instruction"
        case .undefinedOperand(let position, let value):
            "operand \(position) is %\(value), which is not an earlier instruction"
        case .operandType(let position, let expected, let found):
            "operand \(position) must be \(expected), but is \(found.map { "\($0)" } ?? "without result")"
        case .unusedField(let name): "the field '\(name)' is not used here and must keep its default"
        case .illegalWidth(let width): "\(width) is not a legal access width here"
        case .illegalDetail(let detail): "\(detail) is not a legal detail here"
        case .illegalTruth(let value): "a truth value is 0 or 1, not \(value)"
        case .outsideState(let offset): "the access at state offset \(offset) leaves the state block"
        case .touchesProgramCounter(let offset):
            "the access at state offset \(offset) touches the program counter; use address and jumps"
        case .missingInstructionStart: "the block must begin with an instruction start"
        case .instructionStartOrder(let expected, let found):
            "the guest instruction must start at distance \(expected), not \(found)"
        case .stateChangedBeforeInterruption(let changedAt):
            "can be interrupted after instruction \(changedAt) changed state; change state last"
        }
    }
}
