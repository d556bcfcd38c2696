// Atomic memory operations and the full fence.
import MachineCore

extension Assembler {
    /// Adds atomically; `register` gets the old value (LOCK XADD).
    public mutating func lockXadd(
        _ memory: MemoryOperand, _ register: GeneralRegister, width: AccessWidth = .double
    ) {
        lock()
        let reg = register.rawValue
        emit(.two(0xC0, width), reg, memory, wide: width == .double, rex: needsREX(reg, width))
    }

    /// Exchanges atomically: with memory, XCHG is always locked.
    public mutating func xchg(
        _ memory: MemoryOperand, _ register: GeneralRegister, width: AccessWidth = .double
    ) {
        let reg = register.rawValue
        emit(.one(0x86, width), reg, memory, wide: width == .double, rex: needsREX(reg, width))
    }

    /// If memory equals rax, stores `register`; otherwise loads rax; ZF says which (LOCK CMPXCHG).
    public mutating func lockCmpxchg(
        _ memory: MemoryOperand, _ register: GeneralRegister, width: AccessWidth = .double
    ) {
        lock()
        let reg = register.rawValue
        emit(.two(0xB0, width), reg, memory, wide: width == .double, rex: needsREX(reg, width))
    }

    /// `memory op= source`, atomically; `cmp` has no such form.
    public mutating func lockArithmetic(
        _ op: ArithmeticOp, _ memory: MemoryOperand, _ source: GeneralRegister,
        width: AccessWidth = .double
    ) {
        if op == .cmp { return fail() }
        lock()
        arithmetic(op, memory, source, width: width)
    }

    /// Orders all earlier memory accesses before all later ones (LOCK OR of 0 to the top of the stack:
    /// several times faster than MFENCE, with the same effect on ordinary memory).
    public mutating func fullFence() {
        lock()
        arithmetic(.or, MemoryOperand(.rsp), 0, width: .word)
    }

    @inline(__always)
    private mutating func lock() { whole(0xF0, 1) }
}
