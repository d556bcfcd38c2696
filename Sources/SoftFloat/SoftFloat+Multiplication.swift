// Multiplication.

extension SoftFloat {
    /// `a * b` (IEEE 754-2019, clause 5.4.1; FMUL.S, FMUL.D).
    public static func multiply(
        _ a: UInt64, _ b: UInt64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        switch format {
        case .single: product(Binary32.self, a, b, rounding, &flags)
        case .double: product(Binary64.self, a, b, rounding, &flags)
        }
    }

    @inline(__always)
    private static func product<F: BinaryFormat>(
        _ format: F.Type, _ a: UInt64, _ b: UInt64, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        let magnitudeA = F.magnitude(a)
        let magnitudeB = F.magnitude(b)
        // Wrapping below zero sends a zero operand the same way as infinities and NaNs.
        guard magnitudeA &- 1 < F.infinity &- 1, magnitudeB &- 1 < F.infinity &- 1 else {
            return productOfSpecials(format, a, b, &flags)
        }
        let (exponentA, significandA) = F.decode(a)
        let (exponentB, significandB) = F.decode(b)
        let (high, low) = significandA.multipliedFullWidth(by: significandB)
        // The product of two numbers in [1, 2) has its leading one at bit 63 or 62.
        let sticky = high | (low != 0 ? 1 : 0)
        let shift = 1 &- Int(truncatingIfNeeded: high &>> 63)
        return round(
            format, sign: F.sign(a ^ b), exponent: exponentA &+ exponentB &- F.bias &+ 1 &- shift,
            significand: sticky &<< UInt64(truncatingIfNeeded: shift), rounding, &flags)
    }

    /// The product if an operand is zero, infinite or a NaN (IEEE 754-2019, clauses 6.1 and 7.2 (b)).
    @inline(never)
    private static func productOfSpecials<F: BinaryFormat>(
        _ format: F.Type, _ a: UInt64, _ b: UInt64, _ flags: inout FloatFlags
    ) -> UInt64 {
        if F.isNaN(a) || F.isNaN(b) { return nan(format, of: a, b, &flags) }
        let magnitudeA = F.magnitude(a)
        let magnitudeB = F.magnitude(b)
        if isZeroTimesInfinity(format, magnitudeA, magnitudeB) { return invalidResult(format, &flags) }
        let isInfinite = max(magnitudeA, magnitudeB) == F.infinity
        return F.sign(a ^ b) | (isInfinite ? F.infinity : 0)
    }
}
