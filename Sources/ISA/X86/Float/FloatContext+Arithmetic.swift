// Addition, multiplication, division and square roots (Intel SDM volume 1, 8.3.5).
import SoftFloat

extension FloatContext {
    /// `a + b`, or `a - b`.
    mutating func sum(_ a: FloatOperand, _ b: FloatOperand, subtracts: Bool = false) -> Extended80 {
        if let result = special(a, b) { return result }
        let isNegative = b.isNegative != subtracts
        if a.isInfinite && b.isInfinite && a.isNegative != isNegative { return invalid() }
        noteDenormals(a, b)
        if a.isInfinite { return a.value }
        if b.isInfinite { return .infinity(isNegative: isNegative) }
        if a.isZero && b.isZero {
            return .zero(isNegative: a.isNegative == isNegative ? isNegative : rounding == .down)
        }
        if a.isZero || b.isZero {
            var other = a.isZero ? b.wide : a.wide
            if a.isZero { other.isNegative = isNegative }
            return rounded(other)
        }
        var other = b.wide
        other.isNegative = isNegative
        let sum = a.wide.adding(other)
        return sum.significand == 0 ? .zero(isNegative: rounding == .down) : rounded(sum)
    }

    mutating func product(_ a: FloatOperand, _ b: FloatOperand) -> Extended80 {
        if let result = special(a, b) { return result }
        if a.isInfinite && b.isZero || a.isZero && b.isInfinite { return invalid() }
        noteDenormals(a, b)
        let isNegative = a.isNegative != b.isNegative
        if a.isInfinite || b.isInfinite { return .infinity(isNegative: isNegative) }
        if a.isZero || b.isZero { return .zero(isNegative: isNegative) }
        let (x, y) = (a.wide, b.wide)
        let product = x.high.multipliedFullWidth(by: y.high)
        return rounded(
            WideFloat(
                isNegative: isNegative, exponent: x.exponent &+ y.exponent &- Extended80.bias &+ 1,
                normalizing: UInt128(halves: product)))
    }

    mutating func quotient(_ a: FloatOperand, _ b: FloatOperand) -> Extended80 {
        if let result = special(a, b) { return result }
        if a.isInfinite && b.isInfinite || a.isZero && b.isZero { return invalid() }
        let isNegative = a.isNegative != b.isNegative
        if b.isZero && !a.isInfinite {
            raise(FloatStatus.divideByZero)
            return .infinity(isNegative: isNegative)
        }
        noteDenormals(a, b)
        if a.isInfinite { return .infinity(isNegative: isNegative) }
        if b.isInfinite || a.isZero { return .zero(isNegative: isNegative) }
        return rounded(Self.quotient(a.wide, b.wide))
    }

    /// The quotient of numbers with 64 bits: the first 128 bits, the last of them set if there are more.
    static func quotient(_ x: WideFloat, _ y: WideFloat) -> WideFloat {
        let isBelow = x.high < y.high
        let dividend = isBelow ? (high: x.high, low: 0) : (high: x.high &>> 1, low: x.high &<< 63)
        let (high, rest) = y.high.dividingFullWidth(dividend)
        let (low, last) = y.high.dividingFullWidth((rest, 0))
        return WideFloat(
            isNegative: x.isNegative != y.isNegative,
            exponent: x.exponent &- y.exponent &+ Extended80.bias &- (isBelow ? 1 : 0),
            significand: UInt128(high) &<< 64 | UInt128(low | (last == 0 ? 0 : 1)))
    }

    mutating func squareRoot(_ a: FloatOperand) -> Extended80 {
        if let result = special(a) { return result }
        if a.isZero { return a.value }
        if a.isNegative { return invalid() }
        noteDenormal(a)
        if a.isInfinite { return a.value }
        let x = a.wide
        let power = x.exponent &- Extended80.bias
        let radicand = power & 1 == 0 ? x.significand &>> 1 : x.significand
        let root = Self.integerRoot(radicand)
        let rest = radicand &- UInt128(halves: root.multipliedFullWidth(by: root))
        // More than half a unit is left exactly if the rest is greater than the root.
        let below: UInt128 = rest == 0 ? 0 : rest > UInt128(root) ? 3 &<< 62 : 1
        return rounded(
            WideFloat(
                isNegative: false, exponent: (power &>> 1) &+ Extended80.bias,
                significand: UInt128(root) &<< 64 | below))
    }

    /// The integer part of the root of a number of at least 2^126.
    private static func integerRoot(_ radicand: UInt128) -> UInt64 {
        let (high, low) = (UInt64(truncatingIfNeeded: radicand &>> 64), UInt64(truncatingIfNeeded: radicand))
        // An estimate that is surely too large, by a few thousand at most.
        let estimate = (Double(high) + 1).squareRoot() * 4_294_967_296 + 4096
        var root = estimate >= 18_446_744_073_709_551_616 ? UInt64.max : UInt64(estimate)
        guard high < root else { return root }
        // One step of Newton's method, which never ends below the root.
        let quotient = root.dividingFullWidth((high, low)).quotient
        root = (root &>> 1) &+ (quotient &>> 1) &+ (root & quotient & 1) &+ ((root ^ quotient) & 1)
        while UInt128(halves: root.multipliedFullWidth(by: root)) > radicand { root &-= 1 }
        return root
    }
}

extension UInt128 {
    /// The number of two halves.
    init(halves: (high: UInt64, low: UInt64)) { self = UInt128(halves.high) &<< 64 | UInt128(halves.low) }
}
