// How instruction semantics reach registers and immediates.
import MachineCore

/// The instruction set's helpers: rare operations on control state that both instantiations call.
enum Helper: UInt16 {
    /// A CSR instruction; `a` is the operand, `b` the instruction's bits. Gives the old value.
    case csr
    case environmentCall
    case machineReturn
    case supervisorReturn
    case waitForInterrupt
    /// `a` is the address, `b` the address space; the instruction's bits say which count.
    case fenceVirtualMemory
    /// Raises illegal-instruction unless cbo.zero is enabled at this privilege.
    case checkCacheBlockZero
}

extension Semantics {
    @inline(__always)
    mutating func x(_ register: UInt8) -> Value { loadState(StateField.x(register), .double) }

    @inline(__always)
    mutating func setX(_ register: UInt8, _ value: Value) {
        if register != 0 { storeState(StateField.x(register), value, .double) }
    }

    /// Writes the low 32 bits of `value`, sign-extended.
    @inline(__always)
    mutating func setWord(_ register: UInt8, _ value: Value) {
        setX(register, signExtend(value, from: .word))
    }

    @inline(__always)
    mutating func setTruth(_ register: UInt8, _ condition: Condition) {
        setX(register, select(condition, constant(1), constant(0)))
    }

    @inline(__always)
    mutating func immediate(_ i: Instruction) -> Value {
        constant(UInt64(bitPattern: Int64(i.immediate)))
    }

    @inline(__always)
    mutating func word(_ register: UInt8) -> Value { zeroExtend(x(register), from: .word) }

    @inline(__always)
    mutating func signedWord(_ register: UInt8) -> Value { signExtend(x(register), from: .word) }

    /// rs1 + immediate: where loads and stores go.
    @inline(__always)
    mutating func address(_ i: Instruction) -> Value {
        i.immediate == 0 ? x(i.rs1) : add(x(i.rs1), immediate(i))
    }

    @inline(__always)
    mutating func illegal(_ i: Instruction) throws(Interruption) {
        try raise(ExceptionCause.illegalInstruction, constant(UInt64(i.bits)))
    }

    @inline(__always)
    mutating func help(_ helper: Helper, _ a: Value, _ b: Value) throws(Interruption) -> Value {
        try callHelper(helper.rawValue, a, b)
    }
}
