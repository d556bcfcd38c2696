// Division.

extension SoftFloat {
    /// `a / b` (IEEE 754-2019, clause 5.4.1; FDIV.S, FDIV.D).
    public static func divide(
        _ a: UInt64, _ b: UInt64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        switch format {
        case .single: quotient(Binary32.self, a, b, rounding, &flags)
        case .double: quotient(Binary64.self, a, b, rounding, &flags)
        }
    }

    @inline(__always)
    private static func quotient<F: BinaryFormat>(
        _ format: F.Type, _ a: UInt64, _ b: UInt64, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        // Wrapping below zero sends zeros the same way as infinities and NaNs.
        guard F.magnitude(a) &- 1 < F.infinity &- 1, F.magnitude(b) &- 1 < F.infinity &- 1 else {
            return quotientOfSpecials(format, a, b, &flags)
        }
        let (exponentA, significandA) = F.decode(a)
        let (exponentB, significandB) = F.decode(b)
        // Half the dividend keeps the quotient below 2^64: it lies in (2^62, 2^64).
        let (digits, remainder) = significandB.dividingFullWidth((significandA &>> 1, 0))
        let sticky = digits | (remainder != 0 ? 1 : 0)
        let shift = 1 &- Int(truncatingIfNeeded: digits &>> 63)
        return round(
            format, sign: F.sign(a ^ b), exponent: exponentA &- exponentB &+ F.bias &- shift,
            significand: sticky &<< UInt64(truncatingIfNeeded: shift), rounding, &flags)
    }

    /// The quotient if an operand is zero, infinite or a NaN (IEEE 754-2019, clauses 6.1, 7.2 (e), 7.3).
    @inline(never)
    private static func quotientOfSpecials<F: BinaryFormat>(
        _ format: F.Type, _ a: UInt64, _ b: UInt64, _ flags: inout FloatFlags
    ) -> UInt64 {
        if F.isNaN(a) || F.isNaN(b) { return nan(format, of: a, b, &flags) }
        let dividend = F.magnitude(a)
        let divisor = F.magnitude(b)
        // Of two specials that are equal, both are zeros or both infinities.
        if dividend == divisor && (dividend == 0 || dividend == F.infinity) {
            return invalidResult(format, &flags)
        }
        if dividend == 0 || divisor == F.infinity { return F.sign(a ^ b) }
        if dividend != F.infinity { flags.raise(.divideByZero) }
        return F.sign(a ^ b) | F.infinity
    }
}
