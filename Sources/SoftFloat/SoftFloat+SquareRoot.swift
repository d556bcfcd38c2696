// The square root.

extension SoftFloat {
    /// The square root of `a` (IEEE 754-2019, clause 5.4.1; FSQRT.S, FSQRT.D).
    public static func squareRoot(
        _ a: UInt64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        switch format {
        case .single: root(Binary32.self, a, rounding, &flags)
        case .double: root(Binary64.self, a, rounding, &flags)
        }
    }

    @inline(__always)
    private static func root<F: BinaryFormat>(
        _ format: F.Type, _ a: UInt64, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        if F.isNaN(a) { return nan(format, of: a, &flags) }
        if F.magnitude(a) == 0 { return F.sign(a) }
        if F.sign(a) != 0 { return invalidResult(format, &flags) }
        if F.magnitude(a) == F.infinity { return F.infinity }
        let (exponent, significand) = F.decode(a)
        // The radicand is in [1, 4) with an even exponent; at an even one the point moves by a bit.
        let unbiased = exponent &- F.bias
        let radicand = significand &>> UInt64(truncatingIfNeeded: 1 &- (unbiased & 1))
        return round(
            format, sign: 0, exponent: (unbiased &>> 1) &+ F.bias, significand: rootDigits(radicand),
            rounding, &flags)
    }

    /// The root of `radicand * 2^64`, rounded down, bit 0 sticky. `radicand` has a leading one at bit
    /// 63 or 62 and its lowest bit clear; the result has its leading one at bit 63.
    ///
    /// Two levels of the schoolbook method with 32-bit digits: the first digit is the integer root of
    /// the radicand, the second one a quotient that can be too large by one.
    @inline(__always)
    private static func rootDigits(_ radicand: UInt64) -> UInt64 {
        let first = integerRoot(radicand)
        let remainder = radicand &- first &* first
        // An exact root needs half the bits of the radicand, so it shows in the first digit.
        if remainder == 0 { return first &<< 32 }
        // At most 2^32, and that only below a first digit of 2^32 - 1, so the sum stays in range.
        let second = (remainder &<< 31) / first
        let candidate = (first &<< 32) &+ second
        let square = candidate.multipliedFullWidth(by: candidate)
        return (square.high >= radicand ? candidate &- 1 : candidate) | 1
    }

    /// The root of `value`, rounded down; `value` is at least 2^62.
    @inline(__always)
    private static func integerRoot(_ value: UInt64) -> UInt64 {
        // The parabola nearest to the root on [1, 4) in the minimax sense, relative error 2^-7.6,
        // found with the Remez exchange; fixed point with 31, 32 and 32 fraction bits.
        let leading = value &>> 32
        let slope = 0x86A8_9233 &- ((0x0A1F_4D03 &* leading) &>> 30)
        var estimate = 0x425F_FF81 &+ ((slope &* leading) &>> 31)
        // Newton's iteration squares and halves the error: 2^-16.3, then 2^-33.5. On integers it
        // stays at or above the root rounded down, so the end is that or one more; the clamp keeps its
        // square below 2^64.
        estimate = (estimate &+ value / estimate) &>> 1
        estimate = min((estimate &+ value / estimate) &>> 1, 0xFFFF_FFFF)
        return estimate &* estimate > value ? estimate &- 1 : estimate
    }
}
