// Power series in fixed point, and the constants of elementary functions.

/// Sums of power series. Numbers have one bit before the binary point and 127 behind it.
enum PowerSeries {
    static let one: UInt128 = 1 << 127

    /// 1/(2k+1): inverse tangents, also hyperbolic. Arguments up to 1/16 need 29 terms for 2^-120.
    static let oddReciprocals = (0..<29 as Range<UInt128>).map { one / (2 * $0 + 1) }
    /// 1/(2k+1)!, 1/(2k)! and 1/(k+1)!.
    static let sine = (0..<16).map { inverseFactorial(2 * $0 + 1) }
    static let cosine = (0..<16).map { inverseFactorial(2 * $0) }
    static let exponential = (0..<30).map { inverseFactorial($0 + 1) }

    private static func inverseFactorial(_ number: Int) -> UInt128 {
        var value = one
        for factor in 1..<(number + 1) { value /= UInt128(factor) }
        return value
    }

    /// The sum of `coefficients[k] * x^k`, by Horner's rule.
    /// - Parameter alternates: every other term is subtracted; the terms must become smaller.
    static func sum(_ coefficients: [UInt128], _ x: UInt128, alternates: Bool) -> UInt128 {
        var sum: UInt128 = 0
        for coefficient in coefficients.reversed() {
            let product = sum.multipliedFullWidth(by: x).high &<< 1
            sum = alternates ? coefficient &- product : coefficient &+ product
        }
        return sum
    }

    /// As `sum` of alternating terms whose first is 1; less than 1 even if the rest is too small to see, so that
    /// directed rounding goes the right way.
    static func sumBelowOne(_ coefficients: [UInt128], _ x: UInt128) -> UInt128 {
        min(sum(coefficients, x, alternates: true), one - 1)
    }
}

extension WideFloat {
    init(fixed: UInt128) { self.init(isNegative: false, exponent: Extended80.bias, normalizing: fixed) }

    /// The magnitude, which must be below 2, in the fixed point of `PowerSeries`.
    var fixed: UInt128 {
        let shift = Extended80.bias &- exponent
        return shift > 127 ? 0 : significand &>> UInt128(truncatingIfNeeded: max(shift, 0))
    }

    private static func constant(_ power: Int, _ significand: UInt128) -> WideFloat {
        WideFloat(isNegative: false, exponent: Extended80.bias + power, significand: significand)
    }

    // The leading 128 bits of each.
    static let one = constant(0, 1 << 127)
    static let pi = constant(1, 0xc90f_daa2_2168_c234_c4c6_628b_80dc_1cd1)
    static let logarithmOf2 = constant(-1, 0xb172_17f7_d1cf_79ab_c9e3_b398_03f2_f6af)
    static let binaryLogarithmOfE = constant(0, 0xb8aa_3b29_5c17_f0bb_be87_fed0_691d_3e89)
    static let binaryLogarithmOf10 = constant(1, 0xd49a_784b_cd1b_8afe_492b_f6ff_4daf_db4d)
    static let decimalLogarithmOf2 = constant(-2, 0x9a20_9a84_fbcf_f798_8f89_59ac_0b7c_9178)
    /// The inverse tangent of 1/2.
    static let inverseTangentOfHalf = constant(-2, 0xed63_382b_0dda_7b45_6fe4_45ec_bc3a_8d03)
}
