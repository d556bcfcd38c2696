// The verbs of integer arithmetic with integers as values: what every interpreter has in common.

/// Semantics whose values are integers and whose verbs act at once. An interpreter adds what touches its CPU: state,
/// memory, control.
public protocol IntegerSemantics: Semantics where Value == UInt64, Condition == Bool {}

extension IntegerSemantics {
    @inlinable @inline(__always) public func constant(_ value: UInt64) -> UInt64 { value }
    @inlinable @inline(__always) public func add(_ a: UInt64, _ b: UInt64) -> UInt64 { a &+ b }
    @inlinable @inline(__always) public func subtract(_ a: UInt64, _ b: UInt64) -> UInt64 { a &- b }
    @inlinable @inline(__always) public func and(_ a: UInt64, _ b: UInt64) -> UInt64 { a & b }
    @inlinable @inline(__always) public func or(_ a: UInt64, _ b: UInt64) -> UInt64 { a | b }
    @inlinable @inline(__always) public func xor(_ a: UInt64, _ b: UInt64) -> UInt64 { a ^ b }
    @inlinable @inline(__always)
    public func shiftLeft(_ a: UInt64, by amount: UInt64) -> UInt64 { a &<< amount }
    @inlinable @inline(__always)
    public func shiftRightLogical(_ a: UInt64, by amount: UInt64) -> UInt64 { a &>> amount }
    @inlinable @inline(__always)
    public func shiftRightArithmetic(_ a: UInt64, by amount: UInt64) -> UInt64 {
        UInt64(bitPattern: Int64(bitPattern: a) &>> Int64(bitPattern: amount))
    }
    @inlinable @inline(__always) public func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 { a &* b }
    @inlinable @inline(__always)
    public func multiplyHighUnsigned(_ a: UInt64, _ b: UInt64) -> UInt64 { a.multipliedFullWidth(by: b).high }
    @inlinable @inline(__always)
    public func multiplyHighSigned(_ a: UInt64, _ b: UInt64) -> UInt64 {
        UInt64(bitPattern: Int64(bitPattern: a).multipliedFullWidth(by: Int64(bitPattern: b)).high)
    }
    @inlinable @inline(__always)
    public func divideUnsigned(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? .max : a / b }
    @inlinable @inline(__always)
    public func remainderUnsigned(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? a : a % b }
    @inlinable @inline(__always)
    public func divideSigned(_ a: UInt64, _ b: UInt64) -> UInt64 {
        if b == 0 { return .max }
        return UInt64(bitPattern: Int64(bitPattern: a).dividedReportingOverflow(by: Int64(bitPattern: b)).0)
    }
    @inlinable @inline(__always)
    public func remainderSigned(_ a: UInt64, _ b: UInt64) -> UInt64 {
        if b == 0 { return a }
        let result = Int64(bitPattern: a).remainderReportingOverflow(dividingBy: Int64(bitPattern: b))
        return UInt64(bitPattern: result.partialValue)
    }
    @inlinable @inline(__always)
    public func countLeadingZeros(_ a: UInt64) -> UInt64 { UInt64(a.leadingZeroBitCount) }
    @inlinable @inline(__always)
    public func countTrailingZeros(_ a: UInt64) -> UInt64 { UInt64(a.trailingZeroBitCount) }
    @inlinable @inline(__always) public func countOnes(_ a: UInt64) -> UInt64 { UInt64(a.nonzeroBitCount) }
    @inlinable @inline(__always) public func reverseBytes(_ a: UInt64) -> UInt64 { a.byteSwapped }
    @inlinable @inline(__always)
    public func signExtend(_ a: UInt64, from width: AccessWidth) -> UInt64 {
        switch width {
        case .byte: UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: a)))
        case .half: UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: a)))
        case .word: UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: a)))
        case .double: a
        }
    }
    @inlinable @inline(__always)
    public func zeroExtend(_ a: UInt64, from width: AccessWidth) -> UInt64 { a & width.mask }

    @inlinable @inline(__always) public func isEqual(_ a: UInt64, _ b: UInt64) -> Bool { a == b }
    @inlinable @inline(__always)
    public func isLessSigned(_ a: UInt64, _ b: UInt64) -> Bool { Int64(bitPattern: a) < Int64(bitPattern: b) }
    @inlinable @inline(__always) public func isLessUnsigned(_ a: UInt64, _ b: UInt64) -> Bool { a < b }
    @inlinable @inline(__always) public func not(_ condition: Bool) -> Bool { !condition }
    @inlinable @inline(__always)
    public func select(_ condition: Bool, _ ifTrue: UInt64, _ ifFalse: UInt64) -> UInt64 {
        condition ? ifTrue : ifFalse
    }
}

extension UnsafeMutableRawPointer {
    /// Reads a little-endian integer of any alignment, zero-extended.
    @inlinable @inline(__always)
    public func loadInteger(_ width: AccessWidth) -> UInt64 {
        switch width {
        case .byte: UInt64(load(as: UInt8.self))
        case .half: UInt64(loadUnaligned(as: UInt16.self))
        case .word: UInt64(loadUnaligned(as: UInt32.self))
        case .double: loadUnaligned(as: UInt64.self)
        }
    }

    /// Writes the low bytes of `value`, little endian, at any alignment.
    @inlinable @inline(__always)
    public func storeInteger(_ value: UInt64, _ width: AccessWidth) {
        switch width {
        case .byte: storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
        case .half: storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
        case .word: storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
        case .double: storeBytes(of: value, as: UInt64.self)
        }
    }
}

extension UnsafeRawPointer {
    /// Reads a little-endian integer of any alignment, zero-extended.
    @inlinable @inline(__always)
    public func loadInteger(_ width: AccessWidth) -> UInt64 {
        UnsafeMutableRawPointer(mutating: self).loadInteger(width)
    }
}
