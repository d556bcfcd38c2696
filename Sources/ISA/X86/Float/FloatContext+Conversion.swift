// Conversions from and to integers, single and double precision, and packed decimal digits.

extension FloatContext {
    // MARK: Loads

    static func operand(of integer: Int64) -> FloatOperand {
        if integer == 0 { return FloatOperand(.zero(isNegative: false), kind: .zero) }
        let shift = integer.magnitude.leadingZeroBitCount
        let value = Extended80(
            isNegative: integer < 0, exponent: Extended80.bias + 63 - shift,
            significand: integer.magnitude &<< UInt64(shift))
        return FloatOperand(value, kind: .normal)
    }

    /// A number of single precision, exactly.
    static func operand(ofSingle bits: UInt64) -> FloatOperand {
        operand(
            isNegative: bits >> 31 & 1 != 0, exponent: Int(bits >> 23 & 0xff), fraction: bits << 41,
            special: 0xff, bias: 127)
    }

    /// A number of double precision, exactly.
    static func operand(ofDouble bits: UInt64) -> FloatOperand {
        operand(
            isNegative: bits >> 63 != 0, exponent: Int(bits >> 52 & 0x7ff), fraction: bits << 12, special: 0x7ff,
            bias: 1023)
    }

    /// - Parameter fraction: the fraction at the top of 64 bits.
    private static func operand(
        isNegative: Bool, exponent: Int, fraction: UInt64, special: Int, bias: Int
    ) -> FloatOperand {
        if exponent == 0 && fraction == 0 { return FloatOperand(.zero(isNegative: isNegative), kind: .zero) }
        if exponent == 0 {
            let shift = fraction.leadingZeroBitCount
            let value = Extended80(
                isNegative: isNegative, exponent: Extended80.bias - bias - shift,
                significand: fraction &<< UInt64(shift))
            return FloatOperand(value, kind: .denormal)
        }
        let significand = Extended80.integerBit | fraction >> 1
        let rebiased = exponent == special ? Extended80.maximumExponent : exponent - bias + Extended80.bias
        return FloatOperand(Extended80(isNegative: isNegative, exponent: rebiased, significand: significand))
    }

    /// 18 decimal digits and a sign, in ten bytes.
    static func value(ofDecimal low: UInt64, _ high: UInt16) -> Extended80 {
        var sum: UInt64 = 0
        for position in (0..<9 as Range<UInt16>).reversed() {
            let byte = position == 8 ? UInt64(high & 0xff) : low >> (UInt64(position) * 8) & 0xff
            sum = sum &* 100 &+ (byte >> 4) &* 10 &+ (byte & 15)
        }
        // Digits above 9, whose meaning is undefined, make no more than 64 bits.
        let shift = sum == 0 ? 0 : sum.leadingZeroBitCount
        return Extended80(
            isNegative: high & 0x8000 != 0, exponent: sum == 0 ? 0 : Extended80.bias + 63 - shift,
            significand: sum &<< UInt64(shift))
    }

    // MARK: Stores

    mutating func single(_ a: FloatOperand) -> UInt64 {
        let sign: UInt64 = a.isNegative ? 0x8000_0000 : 0
        if let nan = special(a) {
            return UInt64(nan.signExponent >> 15) << 31 | 0x7f80_0000 | (nan.significand << 1) >> 41
        }
        if a.isZero { return sign }
        let result = a.isInfinite ? nil : Optional(rounded(a.wide, .single))
        guard let result, !result.isInfinite else { return sign | 0x7f80_0000 }
        let isDenormal = result.significand & Extended80.integerBit == 0
        let exponent = isDenormal ? 0 : result.exponent - Extended80.bias + 127
        return sign | UInt64(exponent & 0xff) << 23 | (result.significand << 1) >> 41
    }

    mutating func double(_ a: FloatOperand) -> UInt64 {
        let sign: UInt64 = a.isNegative ? 1 << 63 : 0
        if let nan = special(a) {
            return UInt64(nan.signExponent >> 15) << 63 | 0x7ff << 52 | (nan.significand << 1) >> 12
        }
        if a.isZero { return sign }
        let result = a.isInfinite ? nil : Optional(rounded(a.wide, .double))
        guard let result, !result.isInfinite else { return sign | 0x7ff << 52 }
        let isDenormal = result.significand & Extended80.integerBit == 0
        let exponent = isDenormal ? 0 : result.exponent - Extended80.bias + 1023
        return sign | UInt64(exponent & 0x7ff) << 52 | (result.significand << 1) >> 12
    }

    /// The nearest integer by the rounding mode, or that toward zero; nil, with an invalid operation, when it
    /// does not have a magnitude of at most `limit` (one more when negative, for two's complement).
    private mutating func magnitude(_ a: FloatOperand, truncates: Bool, limit: UInt64, extra: UInt64) -> UInt64? {
        switch a.kind {
        case .zero: return 0
        case .normal, .denormal: break
        default:
            raise(FloatStatus.invalid)
            return nil
        }
        let x = a.wide
        guard x.exponent <= Extended80.bias + 63 else {
            raise(FloatStatus.invalid)
            return nil
        }
        let step = Self.integer(x, truncates ? .towardZero : rounding)
        guard !step.carries, step.integer <= limit &+ (a.isNegative ? extra : 0) else {
            raise(FloatStatus.invalid)
            return nil
        }
        if step.isInexact { raise(FloatStatus.inexact | (step.isUp ? FloatStatus.condition1 : 0)) }
        return step.integer
    }

    /// A two's complement integer of `width` bytes; what is none gives the smallest.
    mutating func integer(_ a: FloatOperand, width: UInt8, truncates: Bool) -> UInt64 {
        let limit = UInt64.max >> (65 - UInt64(width) * 8)
        guard let magnitude = magnitude(a, truncates: truncates, limit: limit, extra: 1) else { return limit &+ 1 }
        return a.isNegative ? 0 &- magnitude : magnitude
    }

    /// 18 decimal digits and a sign.
    mutating func decimal(_ a: FloatOperand) -> (low: UInt64, high: UInt16) {
        let limit: UInt64 = 999_999_999_999_999_999
        guard var rest = magnitude(a, truncates: false, limit: limit, extra: 0) else {
            return (0xc000_0000_0000_0000, 0xffff)
        }
        var digits: UInt128 = 0
        for position in 0..<18 as Range<UInt128> {
            digits |= UInt128(rest % 10) << (position * 4)
            rest /= 10
        }
        let sign: UInt16 = a.isNegative ? 0x8000 : 0
        return (UInt64(truncatingIfNeeded: digits), UInt16(truncatingIfNeeded: digits >> 64) | sign)
    }
}
