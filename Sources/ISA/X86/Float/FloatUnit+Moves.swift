// Loads, copies, exchanges and constants on the register stack.

extension FloatUnit {
    mutating func load(_ call: FloatCall, _ memory: FloatOperand?) {
        if memory == nil && isEmpty(call.other) { return push(context.stackUnderflow()) }
        if overflowsStack() { return push(.indefinite) }
        guard let memory else { return push(self[call.other]) }
        // The format of the registers is loaded as it is, others are converted.
        if call.width == 10 { return push(memory.value) }
        // A denormal number is loaded even where that exception is not masked.
        push(context.special(memory) ?? memory.value)
        context.noteDenormal(memory)
    }

    mutating func loadConstant(_ operation: Operation) {
        if overflowsStack() { return push(.indefinite) }
        push(FloatUnit.constant(operation, context))
    }

    private static func constant(_ operation: Operation, _ context: FloatContext) -> Extended80 {
        let value: WideFloat
        switch operation {
        case .fldz: return .zero(isNegative: false)
        case .fldl2t: value = .binaryLogarithmOf10
        case .fldl2e: value = .binaryLogarithmOfE
        case .fldpi: value = .pi
        case .fldlg2: value = .decimalLogarithmOf2
        case .fldln2: value = .logarithmOf2
        default: return .one
        }
        // They are rounded, but raise nothing.
        var silent = context
        return silent.roundedFully(value)
    }

    /// `fst` and its like with a register as destination.
    mutating func copy(_ call: FloatCall) {
        let pops = call.operation != .fst
        // The form that raises nothing has nothing to copy then.
        if call.operation == .fstpnce && isEmpty(0) { return pop() }
        deliver(isEmpty(0) ? context.stackUnderflow() : self[0], to: call.other, pops: pops)
    }

    mutating func exchange(_ index: Int) {
        let a = isEmpty(0) ? context.stackUnderflow() : self[0]
        let b = isEmpty(index) ? context.stackUnderflow() : self[index]
        if context.isBlocked { return }
        self[0] = b
        self[index] = a
    }

    mutating func moveIf(_ call: FloatCall) {
        let flags = state.pointee.statusFlags
        let holds: Bool
        switch call.operation {
        case .fcmovb: holds = flags & RFlags.carry != 0
        case .fcmove: holds = flags & RFlags.zero != 0
        case .fcmovbe: holds = flags & (RFlags.carry | RFlags.zero) != 0
        case .fcmovu: holds = flags & RFlags.parity != 0
        case .fcmovnb: holds = flags & RFlags.carry == 0
        case .fcmovne: holds = flags & RFlags.zero == 0
        case .fcmovnbe: holds = flags & (RFlags.carry | RFlags.zero) == 0
        default: holds = flags & RFlags.parity == 0
        }
        if isEmpty(0) || isEmpty(call.other) { return deliver(context.stackUnderflow(), to: 0, pops: false) }
        if holds { self[0] = self[call.other] }
    }

    mutating func changeSign(_ operation: Operation) {
        let value = self[0]
        let isNegative = operation == .fchs && !value.isNegative
        deliver(isEmpty(0) ? context.stackUnderflow() : value.withSign(isNegative), to: 0, pops: false)
    }
}
