// The vocabulary in which the meaning of every guest instruction is written, once.

/// The verbs of instruction semantics.
///
/// The meaning of an instruction is a short function generic over this protocol. With plain integers
/// as values it is the interpreter; with IR values it is the translator's front end. The text of an
/// instruction may branch on what is known from its encoding (register numbers, immediates), never
/// on guest values: for those there are `select`, `branch` and `raise(if:)`.
///
/// Rule of precise exceptions: an instruction changes guest state only after its last verb that can
/// be interrupted.
public protocol Semantics {
    /// A 64-bit guest value.
    associatedtype Value
    /// A guest truth value.
    associatedtype Condition
    /// What is thrown when an instruction ends early (a guest exception). An instantiation that only
    /// describes the instruction throws nothing.
    associatedtype Interruption: Error

    // MARK: Values

    /// A value known from the encoding.
    mutating func constant(_ value: UInt64) -> Value
    /// The address of the instruction plus `offset`, modulo 2^64.
    mutating func programCounter(plus offset: Int64) -> Value

    // MARK: Guest state

    /// Reads `width` bytes of CPU state at byte `offset` of the state block, zero-extended.
    mutating func loadState(_ offset: Int, _ width: AccessWidth) -> Value
    /// Writes the low `width` bytes of `value` to CPU state at byte `offset`.
    mutating func storeState(_ offset: Int, _ value: Value, _ width: AccessWidth)

    // MARK: Integer arithmetic, modulo 2^64

    mutating func add(_ a: Value, _ b: Value) -> Value
    mutating func subtract(_ a: Value, _ b: Value) -> Value
    mutating func and(_ a: Value, _ b: Value) -> Value
    mutating func or(_ a: Value, _ b: Value) -> Value
    mutating func xor(_ a: Value, _ b: Value) -> Value
    /// Shift amounts are taken modulo 64.
    mutating func shiftLeft(_ a: Value, by amount: Value) -> Value
    mutating func shiftRightLogical(_ a: Value, by amount: Value) -> Value
    mutating func shiftRightArithmetic(_ a: Value, by amount: Value) -> Value
    mutating func multiply(_ a: Value, _ b: Value) -> Value
    /// The high 64 bits of the 128-bit product.
    mutating func multiplyHighUnsigned(_ a: Value, _ b: Value) -> Value
    mutating func multiplyHighSigned(_ a: Value, _ b: Value) -> Value
    /// Division is total: by zero, the quotient is all ones and the remainder the dividend; the
    /// signed overflow gives the dividend and remainder 0.
    mutating func divideUnsigned(_ a: Value, _ b: Value) -> Value
    mutating func divideSigned(_ a: Value, _ b: Value) -> Value
    mutating func remainderUnsigned(_ a: Value, _ b: Value) -> Value
    mutating func remainderSigned(_ a: Value, _ b: Value) -> Value
    /// 64 for zero.
    mutating func countLeadingZeros(_ a: Value) -> Value
    /// 64 for zero.
    mutating func countTrailingZeros(_ a: Value) -> Value
    mutating func countOnes(_ a: Value) -> Value
    mutating func reverseBytes(_ a: Value) -> Value
    /// Extends the low `width` bytes to 64 bits.
    mutating func signExtend(_ a: Value, from width: AccessWidth) -> Value
    mutating func zeroExtend(_ a: Value, from width: AccessWidth) -> Value

    // MARK: Conditions

    mutating func isEqual(_ a: Value, _ b: Value) -> Condition
    mutating func isLessSigned(_ a: Value, _ b: Value) -> Condition
    mutating func isLessUnsigned(_ a: Value, _ b: Value) -> Condition
    mutating func not(_ condition: Condition) -> Condition
    mutating func select(_ condition: Condition, _ ifTrue: Value, _ ifFalse: Value) -> Value

    // MARK: Guest memory (virtual addresses, little endian, any alignment)

    /// Reads `width` bytes, zero-extended.
    mutating func load(_ address: Value, _ width: AccessWidth) throws(Interruption) -> Value
    /// Writes the low `width` bytes of `value`.
    mutating func store(_ address: Value, _ value: Value, _ width: AccessWidth) throws(Interruption)
    /// Atomically replaces memory by `operation(memory, operand)`; gives the old value, zero-extended.
    /// The address is a multiple of the width, which is `.word` or `.double`.
    mutating func atomicUpdate(
        _ operation: AtomicOperation, _ address: Value, _ operand: Value, _ width: AccessWidth
    ) throws(Interruption) -> Value
    /// If `condition` holds and memory equals `expected` (in its low `width` bytes), atomically
    /// writes `desired`; tells whether it did. Nothing is accessed when `condition` does not hold.
    mutating func compareAndStore(
        if condition: Condition, _ address: Value, expected: Value, desired: Value, _ width: AccessWidth
    ) throws(Interruption) -> Condition
    /// Orders earlier against later accesses of this CPU.
    mutating func fence(_ kind: FenceKind)

    // MARK: Floating point

    /// An IEEE 754 operation on raw bits; unused operands are zero. Ors the exceptions that it raises
    /// into the CPU's sticky flags.
    /// - Parameter rounding: a `RoundingMode` raw value (0 to 4); ignored by operations that do not round.
    mutating func float(
        _ operation: FloatOperation, rounding: Value, _ a: Value, _ b: Value, _ c: Value
    ) -> Value

    /// The single-precision value that a 64-bit register holds: its low 32 bits if the upper ones are all
    /// ones ("NaN-boxed"), else the canonical NaN. Zero-extended.
    mutating func unboxSingle(_ a: Value) -> Value

    // MARK: Control

    /// The next instruction is at `target`.
    mutating func jump(to target: Value)
    /// The next instruction is at this instruction's address plus `offset`.
    mutating func jump(offset: Int64)
    /// The next instruction is at this instruction's address plus `offset`, if `condition` holds.
    mutating func branch(if condition: Condition, offset: Int64)
    /// Ends the instruction with a guest exception; `cause` is the guest's number for it and `value`
    /// goes with it (a bad address, the instruction bits). Nothing after it has an effect.
    mutating func raise(_ cause: UInt64, _ value: Value) throws(Interruption)
    /// As `raise`, if `condition` holds.
    mutating func raise(if condition: Condition, _ cause: UInt64, _ value: Value) throws(Interruption)
    /// Does what the instruction set's helper number `helper` does: the rare, complex things that
    /// touch control state. All guest state is visible to it and may be changed by it.
    mutating func callHelper(_ helper: UInt16, _ a: Value, _ b: Value) throws(Interruption) -> Value
    /// Instructions after this one may not be prepared together with it: what they mean, or where
    /// they are, may have changed.
    mutating func endBlock()
}

/// What `atomicUpdate` does with memory and operand. Comparisons look at the access width only.
public enum AtomicOperation: UInt8, Sendable, CaseIterable {
    case exchange, add, and, or, xor
    case minimumSigned, maximumSigned, minimumUnsigned, maximumUnsigned
}

/// Which accesses a fence orders.
public enum FenceKind: UInt8, Sendable, CaseIterable {
    /// Everything but a store before a load of another address: free on a host with total store order.
    case acquireRelease
    /// Everything.
    case full
}

extension AtomicOperation {
    /// What memory holds afterwards; only the low `width` bytes count.
    @inlinable
    public func apply(_ memory: UInt64, _ operand: UInt64, _ width: AccessWidth) -> UInt64 {
        let shift = 64 &- width.byteCount &* 8
        // Moved to the top, values of any width compare as 64-bit ones.
        let (a, b) = (memory &<< shift, operand &<< shift)
        switch self {
        case .exchange: return operand
        case .add: return memory &+ operand
        case .and: return memory & operand
        case .or: return memory | operand
        case .xor: return memory ^ operand
        case .minimumSigned: return Int64(bitPattern: a) < Int64(bitPattern: b) ? memory : operand
        case .maximumSigned: return Int64(bitPattern: a) < Int64(bitPattern: b) ? operand : memory
        case .minimumUnsigned: return a < b ? memory : operand
        case .maximumUnsigned: return a < b ? operand : memory
        }
    }
}
