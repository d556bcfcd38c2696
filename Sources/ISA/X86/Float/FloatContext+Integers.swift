// Rounding to integers.
import SoftFloat

extension FloatContext {
    /// An integer that a number was rounded to.
    struct IntegerStep {
        var integer: UInt64
        /// It has one bit more.
        var carries = false
        var isInexact: Bool
        var isUp: Bool
    }

    /// The magnitude of a number of 64 bits, below 2^64, rounded to an integer.
    static func integer(_ x: WideFloat, _ rounding: RoundingMode) -> IntegerStep {
        let shift = Extended80.bias &+ 127 &- x.exponent
        let aligned = WideFloat.shiftRightSticky(x.significand, shift &- 64)
        let (kept, fraction) = (UInt64(truncatingIfNeeded: aligned &>> 64), UInt64(truncatingIfNeeded: aligned))
        if fraction == 0 { return IntegerStep(integer: kept, isInexact: false, isUp: false) }
        let isUp: Bool
        switch rounding {
        case .down: isUp = x.isNegative
        case .up: isUp = !x.isNegative
        case .towardZero: isUp = false
        default: isUp = fraction > 1 << 63 || fraction == 1 << 63 && kept & 1 != 0
        }
        let (sum, carries) = kept.addingReportingOverflow(isUp ? 1 : 0)
        return IntegerStep(integer: sum, carries: carries, isInexact: true, isUp: isUp)
    }

    /// `frndint`.
    mutating func roundedToInteger(_ a: FloatOperand) -> Extended80 {
        if let result = special(a) { return result }
        if a.isZero || a.isInfinite { return a.value }
        noteDenormal(a)
        let x = a.wide
        if x.exponent >= Extended80.bias + 63 { return a.value }
        let step = Self.integer(x, rounding)
        if step.isInexact { raise(FloatStatus.inexact | (step.isUp ? FloatStatus.condition1 : 0)) }
        if step.integer == 0 { return .zero(isNegative: a.isNegative) }
        let shift = step.integer.leadingZeroBitCount
        return Extended80(
            isNegative: a.isNegative, exponent: Extended80.bias + 63 - shift,
            significand: step.integer &<< UInt64(shift))
    }
}
