// Rounding to a format and encoding: the end of every operation with an inexact result.

extension SoftFloat {
    /// Rounds and encodes `significand / 2^63 * 2^(exponent - bias)`.
    ///
    /// IEEE 754-2019, clauses 4.3 (rounding), 7.4 (overflow), 7.5 (underflow), 7.6 (inexact).
    /// - Parameters:
    ///   - sign: 0 or the format's sign bit.
    ///   - exponent: biased; any value that 32 bits hold.
    ///   - significand: bit 63 set; bit 0 sticky.
    @inline(__always)
    static func round<F: BinaryFormat>(
        _ format: F.Type, sign: UInt64, exponent: Int, significand: UInt64,
        _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        // Exponents at which the result is normal and finite even if rounding carries.
        guard UInt(bitPattern: exponent &- 1) < UInt(bitPattern: F.exponentMaximum &- 2) else {
            return roundAtLimit(
                format, sign: sign, exponent: exponent, significand: significand, rounding, &flags)
        }
        if significand & F.discardedMask != 0 { flags.raise(.inexact) }
        let rounded = roundedSignificand(format, sign: sign, significand, rounding)
        // The significand's leading one, or two after a carry, adds itself to the exponent.
        let base = UInt64(truncatingIfNeeded: exponent &- 1) &<< F.fractionBits
        return sign | (base &+ rounded)
    }

    /// `significand` rounded to the precision of the format; a carry makes it one bit longer.
    @inline(__always)
    static func roundedSignificand<F: BinaryFormat>(
        _: F.Type, sign: UInt64, _ significand: UInt64, _ rounding: RoundingMode
    ) -> UInt64 {
        let kept = significand &>> F.discardedBits
        let half = (F.discardedMask &>> 1) &+ 1
        let increment: UInt64
        switch rounding {
        // One less than half when the kept part is even, so that only an odd one gets a tie's carry.
        case .nearestEven: increment = half &- 1 &+ (kept & 1)
        case .towardZero: increment = 0
        case .down: increment = sign != 0 ? F.discardedMask : 0
        case .up: increment = sign == 0 ? F.discardedMask : 0
        case .nearestAway: increment = half
        }
        return kept &+ (((significand & F.discardedMask) &+ increment) &>> F.discardedBits)
    }

    /// `round` for exponents outside the range of results that are surely normal and finite.
    @inline(never)
    static func roundAtLimit<F: BinaryFormat>(
        _ format: F.Type, sign: UInt64, exponent: Int, significand: UInt64,
        _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        // Rounded as if the exponent had no limits: what overflow and tininess are judged by.
        let unbounded = roundedSignificand(format, sign: sign, significand, rounding)
        let carried = unbounded == F.exponentUnit &<< 1
        if exponent > 0 {
            let overflows = exponent &+ (carried ? 1 : 0) >= F.exponentMaximum
            if overflows { return overflow(format, sign: sign, rounding, &flags) }
            if significand & F.discardedMask != 0 { flags.raise(.inexact) }
            return sign | ((UInt64(truncatingIfNeeded: exponent &- 1) &<< F.fractionBits) &+ unbounded)
        }
        let shift = UInt64(truncatingIfNeeded: 1 &- exponent)
        let denormalised = shiftRightSticky(significand, shift)
        if denormalised & F.discardedMask != 0 {
            let isTiny = exponent < 0 || !carried
            flags.raise(isTiny ? [.inexact, .underflow] : .inexact)
        }
        // A carry into the lowest normal number is right as it stands.
        return sign | roundedSignificand(format, sign: sign, denormalised, rounding)
    }

    /// The result of an overflow: infinity, or the largest finite number if rounding goes toward zero
    /// (IEEE 754-2019, clause 7.4).
    @inline(__always)
    static func overflow<F: BinaryFormat>(
        _: F.Type, sign: UInt64, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        flags.raise([.overflow, .inexact])
        let staysFinite: Bool
        switch rounding {
        case .nearestEven, .nearestAway: staysFinite = false
        case .towardZero: staysFinite = true
        case .down: staysFinite = sign == 0
        case .up: staysFinite = sign != 0
        }
        return sign | (staysFinite ? F.infinity &- 1 : F.infinity)
    }

    /// The zero that an exact cancellation leaves (IEEE 754-2019, clause 6.3).
    @inline(__always)
    static func cancelledZero<F: BinaryFormat>(_: F.Type, _ rounding: RoundingMode) -> UInt64 {
        rounding == .down ? F.signMask : 0
    }
}
