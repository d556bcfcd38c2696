// Status flags: the host computes them as the guest wants them, from the same operands.
import IR
import MachineCore

extension BlockCompiler {
    /// Sets the host's flags as the operation of a `flagsHold` does; gives the host condition, whose number is the
    /// guest's.
    mutating func emitFlagCondition(_ instruction: IRInstruction) -> Condition {
        guard let asked = FlagCondition(detail: instruction.detail), let width = instruction.accessWidth,
            let condition = Condition(rawValue: asked.number)
        else {
            isUnsupported = true
            return .equal
        }
        switch asked.operation {
        case .subtract: compare(instruction.a, instruction.b, width)
        case .and: test(instruction.a, instruction.b, width)
        case .add:
            let right = operand(instruction.b, width)
            // A selection has its other value in scratch A.
            copy(instruction.a, into: HostRole.scratchB)
            apply(.add, HostRole.scratchB, right, width)
        }
        return condition
    }

    private mutating func compare(_ a: Int32, _ b: Int32, _ width: AccessWidth) {
        if let known = immediate(b, width) {
            if let memory = memoryOperand(a) {
                assembler.arithmetic(.cmp, memory, known, width: width)
            } else if known == 0 {
                let left = general(a)
                assembler.test(left, left, width: width)
            } else {
                assembler.arithmetic(.cmp, general(a), known, width: width)
            }
            return
        }
        let left = general(a)
        apply(.cmp, left, operand(b, width), width)
    }

    private mutating func test(_ a: Int32, _ b: Int32, _ width: AccessWidth) {
        let left = general(a)
        if let known = immediate(b, width) {
            assembler.test(left, known, width: width)
        } else {
            assembler.test(left, a == b ? left : general(b), width: width)
        }
    }

    mutating func emitStatusFlags(_ instruction: IRInstruction) {
        guard let operation = FlagOperation(rawValue: instruction.detail), let width = instruction.accessWidth else {
            isUnsupported = true
            return
        }
        let right = operand(instruction.b, width)
        copy(instruction.a, into: HostRole.scratchA)
        let target = integerResult()
        apply(operation.host, HostRole.scratchA, right, width)
        takeFlags(operation, into: target)
        finish(target)
    }

    /// Writes the host's flags, as the operation has left them, into `register`. The stack is used: nothing may be
    /// addressed from its pointer in between.
    mutating func takeFlags(_ operation: FlagOperation, into register: GeneralRegister) {
        assembler.pushFlags()
        assembler.pop(register)
        assembler.arithmetic(.and, register, Int32(truncatingIfNeeded: operation.possibleFlags), width: .word)
    }

    mutating func apply(
        _ op: ArithmeticOp, _ target: GeneralRegister, _ operand: Operand, _ width: AccessWidth
    ) {
        switch operand {
        case .immediate(let value): assembler.arithmetic(op, target, value, width: width)
        case .memory(let memory): assembler.arithmetic(op, target, memory, width: width)
        case .register(let register): assembler.arithmetic(op, target, register, width: width)
        }
    }

    /// The low `width` bytes of a constant, if an instruction takes them; of eight bytes only what sign extension
    /// gives.
    private func immediate(_ value: Int32, _ width: AccessWidth) -> Int32? {
        guard let known = constant(value) else { return nil }
        return width == .double ? immediate(value) : Self.narrowImmediate(known, width)
    }

    static func narrowImmediate(_ value: UInt64, _ width: AccessWidth) -> Int32 {
        switch width {
        case .byte: Int32(Int8(truncatingIfNeeded: value))
        case .half: Int32(Int16(truncatingIfNeeded: value))
        default: Int32(truncatingIfNeeded: value)
        }
    }

    /// As `operand(_:)`, of which only the low `width` bytes count.
    private mutating func operand(_ value: Int32, _ width: AccessWidth) -> Operand {
        if let known = immediate(value, width) { return .immediate(known) }
        return operand(value)
    }
}

extension FlagOperation {
    /// The host's instruction.
    var host: ArithmeticOp {
        switch self {
        case .add: .add
        case .subtract: .sub
        case .and: .and
        }
    }
}
