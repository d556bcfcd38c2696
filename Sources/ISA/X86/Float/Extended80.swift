// The x87 double extended format.

/// A number in the double extended format (Intel SDM volume 1, 4.2.2), whose leading bit is written out.
struct Extended80: BitwiseCopyable, Equatable {
    /// Bit 63 is the integer bit.
    var significand: UInt64
    /// The sign in bit 15, and the exponent with bias 16383.
    var signExponent: UInt16

    static let bias = 16383
    static let maximumExponent = 0x7fff
    static let integerBit: UInt64 = 1 << 63
    static let quietBit: UInt64 = 1 << 62

    /// What a bit pattern stands for (Intel SDM volume 1, table 8-3).
    enum Kind {
        case zero
        /// Denormal or pseudo-denormal.
        case denormal
        case normal, infinity, quietNaN, signalingNaN
        /// Pseudo-NaNs, pseudo-infinities and unnormals, which no operation takes.
        case unsupported
    }

    var isNegative: Bool { signExponent & 0x8000 != 0 }
    var exponent: Int { Int(signExponent & 0x7fff) }

    @inline(__always)
    var kind: Kind {
        if exponent == 0 { return significand == 0 ? .zero : .denormal }
        if significand & Self.integerBit == 0 { return .unsupported }
        if exponent != Self.maximumExponent { return .normal }
        if significand == Self.integerBit { return .infinity }
        return significand & Self.quietBit != 0 ? .quietNaN : .signalingNaN
    }

    init(significand: UInt64, signExponent: UInt16) {
        self.significand = significand
        self.signExponent = signExponent
    }

    /// - Parameter exponent: biased, 0 to 0x7fff.
    init(isNegative: Bool, exponent: Int, significand: UInt64) {
        self.significand = significand
        signExponent = UInt16(truncatingIfNeeded: exponent & 0x7fff) | (isNegative ? 0x8000 : 0)
    }

    /// The quiet NaN that invalid operations give (Intel SDM volume 1, table 4-3).
    static let indefinite = Extended80(significand: 0xc000_0000_0000_0000, signExponent: 0xffff)
    static let one = Extended80(significand: integerBit, signExponent: 0x3fff)

    static func zero(isNegative: Bool) -> Extended80 {
        Extended80(isNegative: isNegative, exponent: 0, significand: 0)
    }
    static func infinity(isNegative: Bool) -> Extended80 {
        Extended80(isNegative: isNegative, exponent: maximumExponent, significand: integerBit)
    }

    func withSign(_ isNegative: Bool) -> Extended80 {
        Extended80(isNegative: isNegative, exponent: exponent, significand: significand)
    }

    /// A NaN with the quiet bit.
    var quieted: Extended80 { Extended80(significand: significand | Self.quietBit, signExponent: signExponent) }
}

/// A number with what it is to an operation. Denormal numbers of the shorter formats are normal in this one, but
/// count as denormal operands.
struct FloatOperand {
    let value: Extended80
    let kind: Extended80.Kind

    init(_ value: Extended80) {
        self.value = value
        kind = value.kind
    }

    init(_ value: Extended80, kind: Extended80.Kind) {
        self.value = value
        self.kind = kind
    }

    var isNegative: Bool { value.isNegative }
    var isNaN: Bool { kind == .quietNaN || kind == .signalingNaN }
    var isZero: Bool { kind == .zero }
    var isInfinite: Bool { kind == .infinity }

    /// The number with its leading bit in place; it must be finite and not zero.
    @inline(__always)
    var wide: WideFloat {
        let isTiny = value.exponent == 0
        let shift = isTiny ? value.significand.leadingZeroBitCount : 0
        return WideFloat(
            isNegative: value.isNegative, exponent: isTiny ? 1 - shift : value.exponent,
            significand: UInt128(value.significand &<< UInt64(shift)) &<< 64)
    }
}
