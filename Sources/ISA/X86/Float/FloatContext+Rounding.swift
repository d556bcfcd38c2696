// Rounding: the end of every operation whose result may not be exact.
import SoftFloat

/// A rounded number: `significand / 2^63 * 2^(exponent - 16383)`, or infinity. Denormal numbers have the least
/// exponent of their format and no leading bit.
struct RoundedFloat {
    var isNegative: Bool
    var exponent: Int
    var significand: UInt64
    var isInfinite = false

    var extended: Extended80 {
        if isInfinite { return .infinity(isNegative: isNegative) }
        let isDenormal = significand & Extended80.integerBit == 0
        return Extended80(isNegative: isNegative, exponent: isDenormal ? 0 : exponent, significand: significand)
    }
}

extension FloatContext {
    /// What exceptions that are not masked add to the exponent, or take off (Intel SDM volume 1, 8.5.4).
    private static let exponentAdjustment = 24576

    /// Rounds to the precision that the control word asks for.
    @inline(__always)
    mutating func rounded(_ x: WideFloat) -> Extended80 { rounded(x, range).extended }

    /// Rounds to 64 bits.
    mutating func roundedFully(_ x: WideFloat) -> Extended80 { rounded(x, .extended).extended }

    /// The result of an operation that is never exact, such as a logarithm.
    mutating func roundedInexactly(_ x: WideFloat) -> Extended80 {
        roundedFully(WideFloat(isNegative: x.isNegative, exponent: x.exponent, significand: x.significand | 1))
    }

    /// Rounds a number other than zero.
    mutating func rounded(_ x: WideFloat, _ range: FloatRange) -> RoundedFloat {
        let step = significand(x.significand, x.isNegative, range.precision)
        let exponent = x.exponent &+ (step.carries ? 1 : 0)
        if exponent > range.greatest { return overflowed(x, step, exponent, range) }
        if exponent < range.least { return underflowed(x, step, exponent, range) }
        note(step)
        return RoundedFloat(isNegative: x.isNegative, exponent: exponent, significand: step.kept)
    }

    // MARK: Significands

    /// A rounded significand and how it came about.
    private struct Step {
        var kept: UInt64
        /// It became one bit longer.
        var carries: Bool
        var isInexact: Bool
        var isUp: Bool
    }

    @inline(__always)
    private mutating func note(_ step: Step) {
        guard step.isInexact else { return }
        raise(FloatStatus.inexact | (step.isUp ? FloatStatus.condition1 : 0))
    }

    /// Rounds a significand to its top `precision` bits; its own top bit may be zero.
    @inline(__always)
    private func significand(_ x: UInt128, _ isNegative: Bool, _ precision: Int) -> Step {
        let unit = UInt64(1) &<< UInt64(64 &- precision)
        let high = UInt64(truncatingIfNeeded: x &>> 64)
        let (lost, low) = (high & (unit &- 1), UInt64(truncatingIfNeeded: x))
        if lost | low == 0 { return Step(kept: high, carries: false, isInexact: false, isUp: false) }
        let isUp: Bool
        switch rounding {
        case .down: isUp = isNegative
        case .up: isUp = !isNegative
        case .towardZero: isUp = false
        default:
            // What is lost, moved to the top.
            let fraction = x &<< UInt128(truncatingIfNeeded: precision)
            let half = WideFloat.topBit
            isUp = fraction > half || fraction == half && high & unit != 0
        }
        let kept = high &- lost
        let (sum, carries) = kept.addingReportingOverflow(isUp ? unit : 0)
        return Step(kept: carries ? Extended80.integerBit : sum, carries: carries, isInexact: true, isUp: isUp)
    }

    // MARK: Limits

    private mutating func overflowed(
        _ x: WideFloat, _ step: Step, _ exponent: Int, _ range: FloatRange
    ) -> RoundedFloat {
        raise(FloatStatus.overflow)
        if !isMasked(FloatStatus.overflow) {
            let adjusted = exponent &- Self.exponentAdjustment
            let isLost = adjusted > range.greatest
            if isLost { raise(FloatStatus.inexact | FloatStatus.condition1) } else { note(step) }
            return RoundedFloat(
                isNegative: x.isNegative, exponent: adjusted, significand: step.kept, isInfinite: isLost)
        }
        let isFinite: Bool
        switch rounding {
        case .down: isFinite = !x.isNegative
        case .up: isFinite = x.isNegative
        case .towardZero: isFinite = true
        default: isFinite = false
        }
        raise(FloatStatus.inexact | (isFinite ? 0 : FloatStatus.condition1))
        let largest = UInt64.max &<< UInt64(64 &- range.precision)
        return RoundedFloat(
            isNegative: x.isNegative, exponent: range.greatest, significand: largest, isInfinite: !isFinite)
    }

    private mutating func underflowed(
        _ x: WideFloat, _ step: Step, _ exponent: Int, _ range: FloatRange
    ) -> RoundedFloat {
        if !isMasked(FloatStatus.underflow) {
            raise(FloatStatus.underflow)
            let adjusted = exponent &+ Self.exponentAdjustment
            let isLost = adjusted < range.least
            if isLost { raise(FloatStatus.inexact) } else { note(step) }
            return RoundedFloat(
                isNegative: x.isNegative, exponent: adjusted, significand: isLost ? 0 : step.kept)
        }
        let shifted = WideFloat.shiftRightSticky(x.significand, range.least &- x.exponent)
        let tiny = significand(shifted, x.isNegative, range.precision)
        if tiny.isInexact { raise(FloatStatus.underflow) }
        note(tiny)
        return RoundedFloat(isNegative: x.isNegative, exponent: range.least, significand: tiny.kept)
    }
}
