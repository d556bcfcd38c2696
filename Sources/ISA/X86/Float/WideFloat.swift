// Intermediate results: 128 bits of significand, and an exponent without limits.

/// `significand / 2^127 * 2^(exponent - 16383)`. The top bit of the significand is set, unless the number is zero.
struct WideFloat: BitwiseCopyable {
    var isNegative: Bool
    var exponent: Int
    var significand: UInt128

    static let topBit: UInt128 = 1 << 127

    init(isNegative: Bool, exponent: Int, significand: UInt128) {
        self.isNegative = isNegative
        self.exponent = exponent
        self.significand = significand
    }

    /// Moves the leading one to the top. `exponent` is that of the top bit.
    init(isNegative: Bool, exponent: Int, normalizing significand: UInt128) {
        let shift = significand == 0 ? 0 : significand.leadingZeroBitCount
        self.init(
            isNegative: isNegative, exponent: exponent &- shift,
            significand: significand &<< UInt128(truncatingIfNeeded: shift))
    }

    init(_ integer: Int) {
        self.init(
            isNegative: integer < 0, exponent: Extended80.bias + 127, normalizing: UInt128(integer.magnitude))
    }

    /// The upper half of the significand.
    var high: UInt64 { UInt64(truncatingIfNeeded: significand &>> 64) }
    var low: UInt64 { UInt64(truncatingIfNeeded: significand) }

    var negated: WideFloat { WideFloat(isNegative: !isNegative, exponent: exponent, significand: significand) }
    var magnitude: WideFloat { WideFloat(isNegative: false, exponent: exponent, significand: significand) }

    /// The number times a power of two.
    func scaled(by power: Int) -> WideFloat {
        WideFloat(isNegative: isNegative, exponent: exponent &+ power, significand: significand)
    }

    /// `value` shifted right; bit 0 is set if a one was lost.
    static func shiftRightSticky(_ value: UInt128, _ count: Int) -> UInt128 {
        if count == 0 { return value }
        if count >= 128 { return value == 0 ? 0 : 1 }
        let lost = value &<< UInt128(truncatingIfNeeded: 128 &- count)
        return value &>> UInt128(truncatingIfNeeded: count) | (lost == 0 ? 0 : 1)
    }

    /// The sum; of what lies below 127 bits bit 0 tells whether there was any.
    func adding(_ other: WideFloat) -> WideFloat {
        if significand == 0 { return other }
        if other.significand == 0 { return self }
        let (large, small) = exponent >= other.exponent ? (self, other) : (other, self)
        // One bit of room for the carry.
        let a = Self.shiftRightSticky(large.significand, 1)
        let b = Self.shiftRightSticky(small.significand, large.exponent &- small.exponent &+ 1)
        let isDifference = large.isNegative != small.isNegative
        let swaps = isDifference && a < b
        let sum = isDifference ? (swaps ? b &- a : a &- b) : a &+ b
        return WideFloat(
            isNegative: large.isNegative != swaps, exponent: large.exponent &+ 1, normalizing: sum)
    }

    /// The product; bit 0 is set if the rest is not zero.
    func multiplied(by other: WideFloat) -> WideFloat {
        let product = significand.multipliedFullWidth(by: other.significand)
        let sign = isNegative != other.isNegative
        if product.high == 0 && product.low == 0 { return WideFloat(isNegative: sign, exponent: 0, significand: 0) }
        let sum = exponent &+ other.exponent &- Extended80.bias
        if product.high & Self.topBit != 0 {
            return WideFloat(
                isNegative: sign, exponent: sum &+ 1, significand: product.high | (product.low == 0 ? 0 : 1))
        }
        let top = product.high &<< 1 | product.low &>> 127
        return WideFloat(
            isNegative: sign, exponent: sum, significand: top | (product.low &<< 1 == 0 ? 0 : 1))
    }

    /// The quotient; bit 0 is set if the rest is not zero. The divisor is not zero.
    func divided(by other: WideFloat) -> WideFloat {
        let sign = isNegative != other.isNegative
        if significand == 0 { return WideFloat(isNegative: sign, exponent: 0, significand: 0) }
        let isBelow = significand < other.significand
        // The dividend's high half must be less than the divisor.
        let high = isBelow ? significand : significand &>> 1
        let low = isBelow ? 0 : significand &<< 127
        let (quotient, rest) = other.significand.dividingFullWidth((high, low))
        return WideFloat(
            isNegative: sign, exponent: exponent &- other.exponent &+ Extended80.bias &- (isBelow ? 1 : 0),
            significand: quotient | (rest == 0 ? 0 : 1))
    }
}
