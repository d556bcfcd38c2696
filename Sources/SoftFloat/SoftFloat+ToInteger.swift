// Conversions to integers, saturating as RISC-V wants it.
//
// IEEE 754-2019, clause 5.8 (convertToInteger...Exact: a lost fraction is inexact) and clause 7.2 (j)
// (out of range is invalid, and then not inexact). The delivered values are those of the RISC-V
// Unprivileged ISA manual, chapter "F", section "Single-Precision Floating-Point Conversion and Move
// Instructions", table "Domains of float-to-integer conversions": the nearest end of the range, and
// for every NaN the upper end.

extension SoftFloat {
    /// `a` rounded to a signed 64-bit integer, as its two's complement bits (FCVT.L.S, FCVT.L.D).
    public static func toSigned64(
        _ a: UInt64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        toInteger(a, format, largest: 0x7FFF_FFFF_FFFF_FFFF, largestBelowZero: 1 &<< 63, rounding, &flags)
    }

    /// `a` rounded to an unsigned 64-bit integer (FCVT.LU.S, FCVT.LU.D).
    public static func toUnsigned64(
        _ a: UInt64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        toInteger(a, format, largest: .max, largestBelowZero: 0, rounding, &flags)
    }

    /// `a` rounded to a signed 32-bit integer, sign-extended to 64 bits (FCVT.W.S, FCVT.W.D).
    public static func toSigned32(
        _ a: UInt64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        toInteger(a, format, largest: 0x7FFF_FFFF, largestBelowZero: 0x8000_0000, rounding, &flags)
    }

    /// `a` rounded to an unsigned 32-bit integer whose bit 31 is copied to the upper half, as every
    /// 32-bit result is on RV64 (FCVT.WU.S, FCVT.WU.D).
    public static func toUnsigned32(
        _ a: UInt64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        let result = toInteger(a, format, largest: 0xFFFF_FFFF, largestBelowZero: 0, rounding, &flags)
        return UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: result)))
    }

    /// - Parameters:
    ///   - largest: the largest magnitude of a result of zero or more.
    ///   - largestBelowZero: the largest magnitude of a negative result.
    @inline(__always)
    private static func toInteger(
        _ a: UInt64, _ format: FloatFormat, largest: UInt64, largestBelowZero: UInt64,
        _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        let whole: WholeNumber
        switch format {
        case .single: whole = wholeNumber(Binary32.self, a, rounding)
        case .double: whole = wholeNumber(Binary64.self, a, rounding)
        }
        let limit = whole.isNegative ? largestBelowZero : largest
        if whole.isBeyond64Bits || whole.magnitude > limit {
            flags.raise(.invalid)
            return whole.isNegative ? 0 &- limit : limit
        }
        if whole.isInexact { flags.raise(.inexact) }
        return whole.isNegative ? 0 &- whole.magnitude : whole.magnitude
    }

    /// A number rounded to an integer.
    private struct WholeNumber {
        /// False for NaNs, which saturate upward.
        var isNegative: Bool
        var magnitude: UInt64
        /// The magnitude is at least 2^64, or there is none (infinities and NaNs).
        var isBeyond64Bits = false
        var isInexact = false
    }

    @inline(__always)
    private static func wholeNumber<F: BinaryFormat>(
        _: F.Type, _ a: UInt64, _ rounding: RoundingMode
    ) -> WholeNumber {
        let isNegative = F.sign(a) != 0 && !F.isNaN(a)
        if F.magnitude(a) == 0 { return WholeNumber(isNegative: isNegative, magnitude: 0) }
        let (exponent, significand) = F.decode(a)
        // How many of the 64 bits lie behind the binary point.
        let fractionCount = F.bias &+ 63 &- exponent
        guard fractionCount >= 0 else {
            return WholeNumber(isNegative: isNegative, magnitude: 0, isBeyond64Bits: true)
        }
        // Both shifts deliver 0 at 64, and the right one beyond.
        let integer = significand >> UInt64(truncatingIfNeeded: fractionCount)
        // In units of 2^-64; a fraction below 2^-1 need not be told from another one.
        let fraction = fractionCount > 64 ? 1 : significand << UInt64(truncatingIfNeeded: 64 &- fractionCount)
        let goesUp = roundsAway(isNegative: isNegative, isOdd: integer & 1 != 0, fraction: fraction, rounding)
        return WholeNumber(
            isNegative: isNegative, magnitude: integer &+ (goesUp ? 1 : 0), isInexact: fraction != 0)
    }

    /// Whether rounding to an integer takes the magnitude to the next one; `fraction` is in units of
    /// 2^-64.
    @inline(__always)
    private static func roundsAway(
        isNegative: Bool, isOdd: Bool, fraction: UInt64, _ rounding: RoundingMode
    ) -> Bool {
        let half: UInt64 = 1 &<< 63
        switch rounding {
        case .nearestEven: return fraction > half || (fraction == half && isOdd)
        case .towardZero: return false
        case .down: return isNegative && fraction != 0
        case .up: return !isNegative && fraction != 0
        case .nearestAway: return fraction >= half
        }
    }
}
