// Addition and subtraction.

extension SoftFloat {
    /// `a + b` (IEEE 754-2019, clause 5.4.1; FADD.S, FADD.D).
    public static func add(
        _ a: UInt64, _ b: UInt64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        switch format {
        case .single: sum(Binary32.self, a, b, signChange: 0, rounding, &flags)
        case .double: sum(Binary64.self, a, b, signChange: 0, rounding, &flags)
        }
    }

    /// `a - b` (IEEE 754-2019, clause 5.4.1; FSUB.S, FSUB.D).
    public static func subtract(
        _ a: UInt64, _ b: UInt64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        switch format {
        case .single: sum(Binary32.self, a, b, signChange: Binary32.signMask, rounding, &flags)
        case .double: sum(Binary64.self, a, b, signChange: Binary64.signMask, rounding, &flags)
        }
    }

    /// `a` plus `b` with its sign bit changed by `signChange`.
    @inline(__always)
    private static func sum<F: BinaryFormat>(
        _ format: F.Type, _ a: UInt64, _ b: UInt64, signChange: UInt64,
        _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        guard F.magnitude(a) < F.infinity, F.magnitude(b) < F.infinity else {
            return sumOfSpecials(format, a, b, signChange: signChange, &flags)
        }
        let addend = b ^ signChange
        let aIsLarger = F.magnitude(a) >= F.magnitude(b)
        let (larger, smaller) = aIsLarger ? (a, addend) : (addend, a)
        let high = addendParts(format, larger)
        let low = addendParts(format, smaller)
        let distance = UInt64(truncatingIfNeeded: high.exponent &- low.exponent)
        let aligned = shiftRightSticky(low.significand, distance)
        let subtracts = F.sign(a ^ addend) != 0
        // With ten spare bits the sticky bit never reaches the kept ones: a distance above ten
        // cancels at most one leading bit, a smaller one loses nothing.
        let sum = subtracts ? high.significand &- aligned : high.significand &+ aligned
        if sum == 0 { return subtracts ? cancelledZero(format, rounding) : F.sign(larger) }
        let shift = sum.leadingZeroBitCount
        return round(
            format, sign: F.sign(larger), exponent: high.exponent &+ 1 &- shift,
            significand: sum &<< UInt64(truncatingIfNeeded: shift), rounding, &flags)
    }

    /// Exponent and significand with the leading one at bit 62, which leaves room for a carry.
    /// Subnormal numbers and zeros keep the smallest exponent and have no leading one there.
    @inline(__always)
    private static func addendParts<F: BinaryFormat>(
        _: F.Type, _ bits: UInt64
    ) -> (exponent: Int, significand: UInt64) {
        let exponent = F.biasedExponent(bits)
        let fraction = (bits & (F.exponentUnit &- 1)) &<< (F.discardedBits &- 1)
        return (max(exponent, 1), exponent != 0 ? fraction | 1 &<< 62 : fraction)
    }

    /// The sum if an operand is infinite or a NaN (IEEE 754-2019, clauses 6.1 and 7.2 (d)).
    @inline(never)
    private static func sumOfSpecials<F: BinaryFormat>(
        _ format: F.Type, _ a: UInt64, _ b: UInt64, signChange: UInt64, _ flags: inout FloatFlags
    ) -> UInt64 {
        if F.isNaN(a) || F.isNaN(b) { return nan(format, of: a, b, &flags) }
        let addend = b ^ signChange
        let bothInfinite = F.magnitude(a) == F.magnitude(b)
        if bothInfinite && F.sign(a) != F.sign(addend) { return invalidResult(format, &flags) }
        let infinite = F.magnitude(a) == F.infinity ? a : addend
        return F.sign(infinite) | F.infinity
    }
}
