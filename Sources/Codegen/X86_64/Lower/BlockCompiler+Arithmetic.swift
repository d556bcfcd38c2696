// Integer arithmetic.
import IR
import MachineCore

extension BlockCompiler {
    mutating func emitArithmetic(_ instruction: IRInstruction) {
        if values[Int(position)].wantsVector, emitVectorLogic(instruction) { return }
        switch instruction.op {
        case .add where isAddressOnly(position): break
        case .add: emitAdd(instruction)
        case .subtract: emitBinary(.sub, instruction, commutes: false)
        case .and: emitBinary(.and, instruction, commutes: true)
        case .or: emitBinary(.or, instruction, commutes: true)
        case .xor: emitXor(instruction)
        case .shiftLeft: emitShift(.shl, instruction)
        case .shiftRightLogical: emitShift(.shr, instruction)
        case .shiftRightArithmetic: emitShift(.sar, instruction)
        case .multiply: emitMultiply(instruction)
        case .multiplyHighUnsigned: emitWideMultiply(instruction, signed: false)
        case .multiplyHighSigned: emitWideMultiply(instruction, signed: true)
        case .divideUnsigned, .divideSigned, .remainderUnsigned, .remainderSigned: emitDivision(instruction)
        case .signExtend, .zeroExtend: emitExtension(instruction)
        case .select: emitSelect(instruction)
        case .statusFlags: emitStatusFlags(instruction)
        default: emitBitOperation(instruction)
        }
    }

    /// The register for the result in work. When the only use is an extension right behind, that one's.
    mutating func integerResult() -> GeneralRegister {
        let next = position + 1
        if values[Int(position)].lastUse == next {
            let follower = definition(next).op
            if follower == .signExtend || follower == .zeroExtend { return resultRegister(next) }
        }
        return resultRegister(position)
    }

    mutating func finish(_ register: GeneralRegister) { setLocation(position, .general(register)) }

    /// Writes `value` into `target`, by way of a register of its own if it will be needed again.
    mutating func copy(_ value: Int32, into target: GeneralRegister) {
        if case .field = location(value), values[Int(value)].lastUse > position {
            let register = general(value)
            if register != target { assembler.move(target, register) }
        } else {
            load(value, into: target)
        }
    }

    /// The state field that holds `value`, when reading it there once is best.
    func memoryOperand(_ value: Int32) -> MemoryOperand? {
        guard case .field(let offset) = location(value), values[Int(value)].lastUse == position else {
            return nil
        }
        return stateOperand(offset)
    }

    /// The register that holds `value` now, if any.
    func register(of value: Int32) -> GeneralRegister? {
        if case .general(let register) = location(value) { return register }
        return nil
    }

    private mutating func emitAdd(_ instruction: IRInstruction) {
        if let known = immediate(instruction.b), let base = register(of: instruction.a) {
            lockedGeneral |= Self.bit(base)
            let target = integerResult()
            if target == base {
                assembler.arithmetic(.add, target, known, width: .double)
            } else {
                assembler.lea(target, MemoryOperand(base, known))
            }
            finish(target)
            return
        }
        if let a = register(of: instruction.a), let b = register(of: instruction.b) {
            lockedGeneral |= Self.bit(a) | Self.bit(b)
            let target = integerResult()
            if target != a && target != b {
                assembler.lea(target, MemoryOperand(a, index: b))
                finish(target)
                return
            }
            assembler.arithmetic(.add, target, target == a ? b : a, width: .double)
            finish(target)
            return
        }
        emitBinary(.add, instruction, commutes: true)
    }

    private mutating func emitXor(_ instruction: IRInstruction) {
        if constant(instruction.b) == ~0 {
            let target = lockedResult(instruction.a)
            copy(instruction.a, into: target)
            assembler.not(target)
            finish(target)
            return
        }
        emitBinary(.xor, instruction, commutes: true)
    }

    /// A result register, with the registers of `operands` kept as they are until they are read.
    mutating func lockedResult(_ a: Int32, _ b: Int32 = -1) -> GeneralRegister {
        if let register = register(of: a) { lockedGeneral |= Self.bit(register) }
        if b >= 0, let register = register(of: b) { lockedGeneral |= Self.bit(register) }
        return integerResult()
    }

    private mutating func emitBinary(_ op: ArithmeticOp, _ instruction: IRInstruction, commutes: Bool) {
        var a = instruction.a
        var b = instruction.b
        let target = lockedResult(a, b)
        // The target may be the register of an operand, whose last use this is.
        if register(of: b) == target, register(of: a) != target {
            if commutes {
                swap(&a, &b)
            } else {
                copy(a, into: HostRole.scratchA)
                assembler.arithmetic(op, HostRole.scratchA, target, width: .double)
                assembler.move(target, HostRole.scratchA)
                finish(target)
                return
            }
        }
        let right = operand(b)
        copy(a, into: target)
        switch right {
        case .immediate(let value): assembler.arithmetic(op, target, value, width: .double)
        case .memory(let memory): assembler.arithmetic(op, target, memory, width: .double)
        case .register(let register): assembler.arithmetic(op, target, register, width: .double)
        }
        finish(target)
    }

    enum Operand {
        case immediate(Int32)
        case memory(MemoryOperand)
        case register(GeneralRegister)
    }

    /// A value in the form that suits an instruction's right operand.
    mutating func operand(_ value: Int32) -> Operand {
        if let known = immediate(value) { return .immediate(known) }
        if let memory = memoryOperand(value) { return .memory(memory) }
        return .register(general(value))
    }

    private mutating func emitShift(_ op: ShiftOp, _ instruction: IRInstruction) {
        if let amount = constant(instruction.b) {
            let target = lockedResult(instruction.a)
            copy(instruction.a, into: target)
            assembler.shift(op, target, UInt8(amount & 63), width: .double)
            finish(target)
            return
        }
        let amount = general(instruction.b)
        if let memory = memoryOperand(instruction.a) {
            let target = integerResult()
            assembler.shiftX(op, target, memory, amount, width: .double)
            finish(target)
            return
        }
        let source = general(instruction.a)
        let target = integerResult()
        assembler.shiftX(op, target, source, amount, width: .double)
        finish(target)
    }

    private mutating func emitMultiply(_ instruction: IRInstruction) {
        if let known = immediate(instruction.b) {
            let source = general(instruction.a)
            let target = integerResult()
            assembler.imul(target, source, known)
            finish(target)
            return
        }
        var (a, b) = (instruction.a, instruction.b)
        let target = lockedResult(a, b)
        if register(of: b) == target { swap(&a, &b) }
        let right = operand(b)
        copy(a, into: target)
        switch right {
        case .immediate(let value): assembler.imul(target, target, value)
        case .memory(let memory): assembler.imul(target, memory)
        case .register(let register): assembler.imul(target, register)
        }
        finish(target)
    }

    /// rdx:rax takes part: both are emptied first.
    private mutating func emitWideMultiply(_ instruction: IRInstruction, signed: Bool) {
        loadPair(instruction.a, instruction.b)
        if signed { assembler.imulWide(HostRole.scratchA) } else { assembler.mul(HostRole.scratchA) }
        finishFixed(.rdx)
    }

    /// The first operand in rax and the second in the scratch register, with rdx free.
    private mutating func loadPair(_ a: Int32, _ b: Int32) {
        load(b, into: HostRole.scratchA)
        load(a, into: HostRole.scratchB)
        evictAfterUse(.rax)
        evictAfterUse(.rdx)
        assembler.move(.rax, HostRole.scratchB)
    }

    /// Empties a temporary register for a fixed role; values whose last use is this instruction go.
    mutating func evictAfterUse(_ register: GeneralRegister) {
        let value = occupant(register)
        if value >= 0, values[Int(value)].lastUse > position { evict(register) }
        generalValues[Int(register.rawValue)] = -1
        lockedGeneral |= Self.bit(register)
    }

    /// The result came out in `register`.
    mutating func finishFixed(_ register: GeneralRegister) {
        let target = integerResult(orTemporary: register)
        if target != register { assembler.move(target, register) }
        finish(target)
    }

    private mutating func integerResult(orTemporary register: GeneralRegister) -> GeneralRegister {
        lockedGeneral &= ~Self.bit(register)
        let target = integerResult()
        return HostRole.temporaries.contains(target) ? register : target
    }

    private mutating func emitBitOperation(_ instruction: IRInstruction) {
        let source = general(instruction.a)
        let target = integerResult()
        switch instruction.op {
        case .countLeadingZeros: assembler.lzcnt(target, source, width: .double)
        case .countTrailingZeros: assembler.tzcnt(target, source, width: .double)
        case .countOnes: assembler.popcnt(target, source, width: .double)
        case .reverseBytes:
            if target != source { assembler.move(target, source) }
            assembler.bswap(target, width: .double)
        default: isUnsupported = true
        }
        finish(target)
    }

    private mutating func emitExtension(_ instruction: IRInstruction) {
        guard let width = instruction.accessWidth else { return }
        if let memory = memoryOperand(instruction.a) {
            let target = integerResult()
            if instruction.op == .signExtend {
                assembler.loadSigned(target, memory, width: width)
            } else {
                assembler.load(target, memory, width: width)
            }
            finish(target)
            return
        }
        let source = general(instruction.a)
        let target = integerResult()
        if instruction.op == .signExtend {
            assembler.signExtend(target, source, width: width)
        } else {
            assembler.zeroExtend(target, source, width: width)
        }
        finish(target)
    }
}
