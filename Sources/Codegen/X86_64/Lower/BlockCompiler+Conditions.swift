// Comparisons, which set the host's flags where they are used.
import IR
import MachineCore

extension BlockCompiler {
    /// Sets the host's flags by the condition `value`; gives the host condition under which it holds.
    mutating func emitCondition(_ value: Int32) -> Condition {
        if location(value) != .deferred {
            let register = general(value)
            assembler.test(register, register)
            return .notEqual
        }
        let definition = definition(value)
        switch definition.op {
        case .not: return emitCondition(definition.a).inverted
        case .isEqual:
            compare(definition.a, definition.b)
            return .equal
        case .isLessSigned:
            compare(definition.a, definition.b)
            return .less
        case .isLessUnsigned:
            compare(definition.a, definition.b)
            return .below
        case .flagsHold: return emitFlagCondition(definition)
        case .constantCondition:
            assembler.moveImmediate(HostRole.scratchA, definition.immediate)
            assembler.test(HostRole.scratchA, HostRole.scratchA)
            return .notEqual
        default:
            isUnsupported = true
            return .equal
        }
    }

    private mutating func compare(_ a: Int32, _ b: Int32) {
        if let known = immediate(b) {
            if let memory = memoryOperand(a) {
                assembler.arithmetic(.cmp, memory, known, width: .double)
            } else {
                let left = general(a)
                if known == 0 {
                    assembler.test(left, left)
                } else {
                    assembler.arithmetic(.cmp, left, known, width: .double)
                }
            }
            return
        }
        let left = general(a)
        if let memory = memoryOperand(b) {
            assembler.arithmetic(.cmp, left, memory, width: .double)
        } else {
            assembler.arithmetic(.cmp, left, general(b), width: .double)
        }
    }

    /// A condition as 0 or 1.
    mutating func materialize(_ value: Int32, into register: GeneralRegister) {
        if let known = constantCondition(value) {
            assembler.moveImmediate(register, known ? 1 : 0)
            return
        }
        let condition = emitCondition(value)
        assembler.setcc(condition, HostRole.scratchB)
        assembler.zeroExtend(register, HostRole.scratchB, width: .byte)
    }

    func constantCondition(_ value: Int32) -> Bool? {
        let definition = definition(value)
        return definition.op == .constantCondition ? definition.immediate != 0 : nil
    }

    mutating func emitSelect(_ instruction: IRInstruction) {
        if constant(instruction.b) == 1, constant(instruction.c) == 0 {
            let target = truthResult(instruction.a)
            materialize(instruction.a, into: target)
            finish(target)
            return
        }
        // In the scratch register, so that the comparison finds enough temporaries.
        copy(instruction.c, into: HostRole.scratchA)
        lockedGeneral = 0
        let ifTrue = general(instruction.b)
        let condition = emitCondition(instruction.a)
        assembler.cmov(condition, HostRole.scratchA, ifTrue)
        lockedGeneral = 0
        let target = integerResult()
        assembler.move(target, HostRole.scratchA)
        finish(target)
    }

    /// A result register that is not needed by the comparison that makes the result.
    private mutating func truthResult(_ condition: Int32) -> GeneralRegister {
        var condition = condition
        while definition(condition).op == .not { condition = definition(condition).a }
        let definition = definition(condition)
        return definition.a < 0 ? integerResult() : lockedResult(definition.a, definition.b)
    }
}
