// What the pure operations compute: used to fold constants and by the IR interpreter.
import MachineCore

/// The pure operations on known values, as `Semantics` defines them.
enum IRArithmetic {
    /// An operation with two 64-bit operands and a 64-bit result; nil for all others.
    static func binary(_ op: IROp, _ a: UInt64, _ b: UInt64) -> UInt64? {
        switch op {
        case .add: a &+ b
        case .subtract: a &- b
        case .and: a & b
        case .or: a | b
        case .xor: a ^ b
        // The masking shifts of Swift take the amount modulo 64.
        case .shiftLeft: a &<< b
        case .shiftRightLogical: a &>> b
        case .shiftRightArithmetic: UInt64(bitPattern: Int64(bitPattern: a) &>> Int64(bitPattern: b))
        case .multiply: a &* b
        case .multiplyHighUnsigned: a.multipliedFullWidth(by: b).high
        case .multiplyHighSigned:
            UInt64(bitPattern: Int64(bitPattern: a).multipliedFullWidth(by: Int64(bitPattern: b)).high)
        case .divideUnsigned: b == 0 ? ~0 : a / b
        case .remainderUnsigned: b == 0 ? a : a % b
        case .divideSigned: divideSigned(a, b)
        case .remainderSigned: remainderSigned(a, b)
        default: nil
        }
    }

    private static func divideSigned(_ a: UInt64, _ b: UInt64) -> UInt64 {
        if b == 0 { return ~0 }
        // On overflow the partial value is the dividend, as the rule wants.
        return UInt64(bitPattern: Int64(bitPattern: a).dividedReportingOverflow(by: Int64(bitPattern: b)).0)
    }

    private static func remainderSigned(_ a: UInt64, _ b: UInt64) -> UInt64 {
        if b == 0 { return a }
        // On overflow the partial value is 0, as the rule wants.
        return UInt64(
            bitPattern: Int64(bitPattern: a).remainderReportingOverflow(dividingBy: Int64(bitPattern: b)).0)
    }

    /// An operation with one 64-bit operand and a 64-bit result; nil for all others.
    static func unary(_ op: IROp, _ a: UInt64, _ width: AccessWidth) -> UInt64? {
        switch op {
        case .countLeadingZeros: UInt64(a.leadingZeroBitCount)
        case .countTrailingZeros: UInt64(a.trailingZeroBitCount)
        case .countOnes: UInt64(a.nonzeroBitCount)
        case .reverseBytes: a.byteSwapped
        case .zeroExtend: a & width.mask
        case .signExtend: signExtend(a, width)
        default: nil
        }
    }

    private static func signExtend(_ a: UInt64, _ width: AccessWidth) -> UInt64 {
        let unused = 64 &- width.byteCount &* 8
        return UInt64(bitPattern: Int64(bitPattern: a &<< unused) &>> Int64(bitPattern: unused))
    }

    /// A comparison; nil for all other operations.
    static func compare(_ op: IROp, _ a: UInt64, _ b: UInt64) -> Bool? {
        switch op {
        case .isEqual: a == b
        case .isLessSigned: Int64(bitPattern: a) < Int64(bitPattern: b)
        case .isLessUnsigned: a < b
        default: nil
        }
    }
}
