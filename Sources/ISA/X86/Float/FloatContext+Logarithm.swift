// Exponentials and logarithms: f2xm1, fyl2x, fyl2xp1.

extension FloatContext {
    /// `f2xm1`: two to the power of `a`, less one. Beyond -1 and 1 the manual leaves the result undefined.
    mutating func exponential(_ a: FloatOperand) -> Extended80 {
        if let result = special(a) { return result }
        if a.isZero { return a.value }
        if a.isInfinite { return a.isNegative ? Extended80.one.withSign(true) : a.value }
        noteDenormal(a)
        let x = a.wide
        if x.exponent >= Extended80.bias {
            let isMinusOne = a.isNegative && x.exponent == Extended80.bias && x.significand == WideFloat.topBit
            raise(FloatStatus.inexact)
            return isMinusOne ? Extended80.one.withSign(true).halved : a.value
        }
        let y = x.multiplied(by: .logarithmOf2)
        let quotient = PowerSeries.sum(PowerSeries.exponential, y.fixed, alternates: a.isNegative)
        return roundedInexactly(y.multiplied(by: WideFloat(fixed: quotient)))
    }

    /// `fyl2x`: `y` times the binary logarithm of `a`.
    mutating func logarithm(_ a: FloatOperand, times y: FloatOperand) -> Extended80 {
        if let result = special(a, y) { return result }
        if a.isNegative && !a.isZero { return invalid() }
        if a.isZero { return logarithmOfZero(times: y) }
        if a.isInfinite {
            if y.isZero { return invalid() }
            noteDenormal(y)
            return a.value.withSign(y.isNegative)
        }
        let x = a.wide
        let isOne = x.exponent == Extended80.bias && x.significand == WideFloat.topBit
        let isBelowOne = x.exponent < Extended80.bias
        if y.isInfinite && isOne { return invalid() }
        noteDenormals(a, y)
        if y.isInfinite || y.isZero || isOne {
            let value = isOne ? Extended80.zero(isNegative: false) : y.value
            return value.withSign(y.isNegative != isBelowOne)
        }
        let logarithm = Self.binaryLogarithm(x)
        let product = logarithm.value.multiplied(by: y.wide)
        return logarithm.isExact ? roundedAsInexact(product) : roundedInexactly(product)
    }

    /// Rounds a product that may be exact. Processors do not know, and call it inexact in any case.
    private mutating func roundedAsInexact(_ product: WideFloat) -> Extended80 {
        let result = roundedFully(product)
        raise(FloatStatus.inexact | (result.kind == .denormal ? FloatStatus.underflow : 0))
        return result
    }

    private mutating func logarithmOfZero(times y: FloatOperand) -> Extended80 {
        if y.isZero { return invalid() }
        if y.isInfinite { return y.value.withSign(!y.isNegative) }
        raise(FloatStatus.divideByZero)
        return .infinity(isNegative: !y.isNegative)
    }

    /// `fyl2xp1`: `y` times the binary logarithm of `1 + a`.
    mutating func logarithmOfNext(_ a: FloatOperand, times y: FloatOperand) -> Extended80 {
        if let result = special(a, y) { return result }
        if a.isZero && y.isInfinite || a.isInfinite && (y.isZero || a.isNegative) { return invalid() }
        noteDenormals(a, y)
        let isNegative = a.isNegative != y.isNegative
        if a.isInfinite || y.isInfinite { return .infinity(isNegative: isNegative) }
        if a.isZero || y.isZero { return .zero(isNegative: isNegative) }
        let x = a.wide
        let next = WideFloat.one.adding(x)
        // From -1 on there is no logarithm, and the manual defines no result.
        if next.isNegative || next.significand == 0 {
            raise(FloatStatus.inexact)
            return a.value
        }
        let isSmall = x.exponent < Extended80.bias - 2
        let logarithm = isSmall
            ? (value: Self.binaryLogarithm(quotient: x.divided(by: WideFloat(2).adding(x))), isExact: false)
            : Self.binaryLogarithm(next)
        let product = logarithm.value.multiplied(by: y.wide)
        return logarithm.isExact ? roundedAsInexact(product) : roundedInexactly(product)
    }

    /// The binary logarithm of a positive number other than 1.
    private static func binaryLogarithm(_ x: WideFloat) -> (value: WideFloat, isExact: Bool) {
        var power = x.exponent - Extended80.bias
        if x.significand == WideFloat.topBit { return (WideFloat(power), true) }
        // From there to the next power of two the logarithm of the half is closer to zero.
        let rootOf2: UInt64 = 0xb504_f333_f9de_6484
        if x.high > rootOf2 { power += 1 }
        let reduced = x.scaled(by: -power)
        let quotient = reduced.adding(WideFloat.one.negated).divided(by: reduced.adding(.one))
        return (binaryLogarithm(quotient: quotient).adding(WideFloat(power)), false)
    }

    /// The binary logarithm of `(1 + q) / (1 - q)`, for small `q`: twice the inverse hyperbolic tangent.
    private static func binaryLogarithm(quotient q: WideFloat) -> WideFloat {
        let series = PowerSeries.sum(PowerSeries.oddReciprocals, q.multiplied(by: q).fixed, alternates: false)
        return q.multiplied(by: WideFloat(fixed: series)).multiplied(by: .binaryLogarithmOfE).scaled(by: 1)
    }
}

extension Extended80 {
    /// Half of a number far from the smallest.
    var halved: Extended80 { Extended80(significand: significand, signExponent: signExponent &- 1) }
}
