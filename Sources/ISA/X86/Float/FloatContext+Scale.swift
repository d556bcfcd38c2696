// Exponents and remainders: fscale, fxtract, fprem and fprem1.
import SoftFloat

extension FloatContext {
    /// `fscale`: `a` times two to the integer part of `b`.
    mutating func scaled(_ a: FloatOperand, by b: FloatOperand) -> Extended80 {
        if let result = special(a, b) { return result }
        if b.isInfinite {
            if b.isNegative ? a.isInfinite : a.isZero { return invalid() }
            noteDenormal(a)
            return b.isNegative ? .zero(isNegative: a.isNegative) : .infinity(isNegative: a.isNegative)
        }
        noteDenormals(a, b)
        if a.isZero || a.isInfinite { return a.value }
        var x = a.wide
        if !b.isZero { x.exponent &+= Self.power(b.wide) }
        return roundedFully(x)
    }

    /// The integer part of a number, as far as it makes a difference to an exponent.
    private static func power(_ x: WideFloat) -> Int {
        if x.exponent >= Extended80.bias + 17 { return x.isNegative ? -(1 << 17) : 1 << 17 }
        let integer = Int(integer(x, .towardZero).integer)
        return x.isNegative ? -integer : integer
    }

    /// `fxtract`: exponent and significand as numbers.
    mutating func extracted(_ a: FloatOperand) -> (exponent: Extended80, significand: Extended80) {
        if let result = special(a) { return (result, result) }
        if a.isInfinite { return (.infinity(isNegative: false), a.value) }
        if a.isZero {
            raise(FloatStatus.divideByZero)
            return (.infinity(isNegative: true), a.value)
        }
        noteDenormal(a)
        let x = a.wide
        let significand = Extended80(isNegative: a.isNegative, exponent: Extended80.bias, significand: x.high)
        return (Self.operand(of: Int64(x.exponent - Extended80.bias)).value, significand)
    }

    /// `fprem` or, where the quotient is the nearest integer, `fprem1` (Intel SDM volume 2). The bits of the
    /// quotient are the condition codes; C2 says that the remainder is only a part of the way.
    /// - Returns: no condition codes where there is no quotient.
    mutating func remainder(
        _ a: FloatOperand, _ b: FloatOperand, isNearest: Bool
    ) -> (Extended80, conditions: UInt16?) {
        if let result = special(a, b) { return (result, nil) }
        if a.isInfinite || b.isZero { return (invalid(), nil) }
        noteDenormals(a, b)
        if a.isZero { return (a.value, 0) }
        if b.isInfinite { return (roundedFully(a.wide), 0) }
        let (x, y) = (a.wide, b.wide)
        let distance = x.exponent &- y.exponent
        if distance < (isNearest ? -1 : 0) { return (roundedFully(x), 0) }
        if distance >= 64 { return (partialRemainder(x, y, distance), FloatStatus.condition2) }
        var (rest, quotient) = Self.division(x.high, y.high, distance)
        var isNegative = a.isNegative
        if isNearest && Self.isMoreThanHalf(rest, y.high, distance, quotient) {
            // Half a unit below one: the rest is still at the exponent of the dividend.
            rest = distance < 0 ? (UInt128(y.high) &<< 1) &- rest : UInt128(y.high) &- rest
            quotient &+= 1
            isNegative.toggle()
        }
        let bits = Self.quotientBits(quotient)
        if rest == 0 { return (.zero(isNegative: a.isNegative), bits) }
        let result = WideFloat(
            isNegative: isNegative, exponent: min(x.exponent, y.exponent) &+ 64, normalizing: rest)
        return (roundedFully(result), bits)
    }

    /// Remainder and the low bits of the quotient of `x * 2^distance` by `y`.
    private static func division(_ x: UInt64, _ y: UInt64, _ distance: Int) -> (UInt128, UInt64) {
        if distance < 0 { return (UInt128(x), 0) }
        var (rest, quotient) = (UInt128(x), UInt64(0))
        let divisor = UInt128(y)
        for step in 0...distance {
            if step > 0 {
                rest &<<= 1
                quotient &<<= 1
            }
            if rest >= divisor {
                rest &-= divisor
                quotient |= 1
            }
        }
        return (rest, quotient)
    }

    private static func isMoreThanHalf(_ rest: UInt128, _ y: UInt64, _ distance: Int, _ quotient: UInt64) -> Bool {
        // At a distance of -1 the divisor has twice the weight.
        let (twice, unit) = (rest &<< 1, UInt128(y) &<< (distance < 0 ? 1 : 0))
        return twice > unit || twice == unit && quotient & 1 != 0
    }

    /// Takes off as much as brings the exponents closer by 32 to 63.
    private mutating func partialRemainder(_ x: WideFloat, _ y: WideFloat, _ distance: Int) -> Extended80 {
        let count = distance & 31 | 32
        let (rest, _) = Self.division(x.high, y.high, count)
        if rest == 0 { return .zero(isNegative: x.isNegative) }
        return roundedFully(
            WideFloat(isNegative: x.isNegative, exponent: x.exponent &- count &+ 64, normalizing: rest))
    }

    /// C0, C3 and C1 are bits 2, 1 and 0 of the quotient.
    private static func quotientBits(_ quotient: UInt64) -> UInt16 {
        (quotient & 4 != 0 ? FloatStatus.condition0 : 0) | (quotient & 2 != 0 ? FloatStatus.condition3 : 0)
            | (quotient & 1 != 0 ? FloatStatus.condition1 : 0)
    }
}
