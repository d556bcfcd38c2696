// The fused multiply-add, with one rounding.

extension SoftFloat {
    /// `a * b + c`, rounded once (IEEE 754-2019, clause 5.4.1; FMADD.S, FMADD.D). The other three
    /// fused instructions are this one with the signs of `a` and `c` changed by the caller.
    public static func multiplyAdd(
        _ a: UInt64, _ b: UInt64, _ c: UInt64, _ format: FloatFormat, _ rounding: RoundingMode,
        _ flags: inout FloatFlags
    ) -> UInt64 {
        switch format {
        case .single: fused(Binary32.self, a, b, c, rounding, &flags)
        case .double: fused(Binary64.self, a, b, c, rounding, &flags)
        }
    }

    @inline(__always)
    private static func fused<F: BinaryFormat>(
        _ format: F.Type, _ a: UInt64, _ b: UInt64, _ c: UInt64,
        _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        // Wrapping below zero sends zero factors the same way as infinities and NaNs.
        guard F.magnitude(a) &- 1 < F.infinity &- 1, F.magnitude(b) &- 1 < F.infinity &- 1,
            F.magnitude(c) < F.infinity
        else { return fusedOfSpecials(format, a, b, c, rounding, &flags) }
        let (exponentA, significandA) = F.decode(a)
        let (exponentB, significandB) = F.decode(b)
        let exact = significandA.multipliedFullWidth(by: significandB)
        let factorSign = F.sign(a ^ b)
        // One bit of room for the carry; the low bits of an exact product are zeros.
        let product = (UInt128(exact.high) &<< 64 | UInt128(exact.low)) &>> 1
        let exponent = exponentA &+ exponentB &- F.bias
        if F.magnitude(c) == 0 {
            return roundWide(format, sign: factorSign, exponent: exponent, product, rounding, &flags)
        }
        let (exponentC, significandC) = F.decode(c)
        return addWide(
            format, WideTerm(sign: factorSign, exponent: exponent, significand: product),
            WideTerm(sign: F.sign(c), exponent: exponentC, significand: UInt128(significandC) &<< 62),
            rounding, &flags)
    }

    /// A term of the sum: `significand / 2^125 * 2^(exponent - bias)`, with the leading one at bit
    /// 125 or 126.
    private struct WideTerm {
        var sign: UInt64
        var exponent: Int
        var significand: UInt128
    }

    @inline(__always)
    private static func addWide<F: BinaryFormat>(
        _ format: F.Type, _ product: WideTerm, _ addend: WideTerm,
        _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        // A term is shifted out of its low zeros (at least 20 of them) only at a distance that
        // cancels at most two leading bits, so the sticky bit stays below the kept ones.
        var x = product.significand
        var y = addend.significand
        let distance = product.exponent &- addend.exponent
        if distance >= 0 {
            y = shiftRightSticky(y, UInt64(truncatingIfNeeded: distance))
        } else {
            x = shiftRightSticky(x, UInt64(truncatingIfNeeded: 0 &- distance))
        }
        let exponent = max(product.exponent, addend.exponent)
        if product.sign == addend.sign {
            return roundWide(format, sign: product.sign, exponent: exponent, x &+ y, rounding, &flags)
        }
        if x == y { return cancelledZero(format, rounding) }
        let sign = x > y ? product.sign : addend.sign
        return roundWide(
            format, sign: sign, exponent: exponent, x > y ? x &- y : y &- x, rounding, &flags)
    }

    /// Rounds and encodes `significand / 2^125 * 2^(exponent - bias)`; `significand` is not zero.
    @inline(__always)
    private static func roundWide<F: BinaryFormat>(
        _ format: F.Type, sign: UInt64, exponent: Int, _ significand: UInt128,
        _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        let shift = significand.leadingZeroBitCount
        let normalised = significand &<< UInt128(truncatingIfNeeded: shift)
        let low = UInt64(truncatingIfNeeded: normalised)
        let high = UInt64(truncatingIfNeeded: normalised &>> 64)
        return round(
            format, sign: sign, exponent: exponent &+ 2 &- shift, significand: high | (low != 0 ? 1 : 0),
            rounding, &flags)
    }

    /// The result if a factor is zero or any operand is infinite or a NaN.
    @inline(never)
    private static func fusedOfSpecials<F: BinaryFormat>(
        _ format: F.Type, _ a: UInt64, _ b: UInt64, _ c: UInt64,
        _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        if F.isNaN(a) || F.isNaN(b) || F.isNaN(c) { return nan(format, of: a, b, c, &flags) }
        let magnitudeA = F.magnitude(a)
        let magnitudeB = F.magnitude(b)
        let factorSign = F.sign(a ^ b)
        if max(magnitudeA, magnitudeB) == F.infinity {
            let opposed = F.magnitude(c) == F.infinity && factorSign != F.sign(c)
            let isInvalid = opposed || isZeroTimesInfinity(format, magnitudeA, magnitudeB)
            return isInvalid ? invalidResult(format, &flags) : factorSign | F.infinity
        }
        if F.magnitude(c) != 0 { return F.sign(c) | F.magnitude(c) }
        // A zero product and a zero addend: the rule for sums of zeros.
        return factorSign == F.sign(c) ? factorSign : cancelledZero(format, rounding)
    }
}
