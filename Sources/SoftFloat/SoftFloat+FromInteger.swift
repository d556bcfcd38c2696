// Conversions from integers.

extension SoftFloat {
    /// A signed 64-bit integer as a number (IEEE 754-2019, clause 5.4.1, convertFromInt; FCVT.S.L,
    /// FCVT.D.L).
    public static func fromSigned64(
        _ value: Int64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        fromMagnitude(value.magnitude, isNegative: value < 0, format, rounding, &flags)
    }

    /// An unsigned 64-bit integer as a number (FCVT.S.LU, FCVT.D.LU).
    public static func fromUnsigned64(
        _ value: UInt64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        fromMagnitude(value, isNegative: false, format, rounding, &flags)
    }

    /// A signed 32-bit integer as a number (FCVT.S.W, FCVT.D.W); exact in `double`.
    public static func fromSigned32(
        _ value: Int32, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        fromMagnitude(UInt64(value.magnitude), isNegative: value < 0, format, rounding, &flags)
    }

    /// An unsigned 32-bit integer as a number (FCVT.S.WU, FCVT.D.WU); exact in `double`.
    public static func fromUnsigned32(
        _ value: UInt32, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        fromMagnitude(UInt64(value), isNegative: false, format, rounding, &flags)
    }

    @inline(__always)
    private static func fromMagnitude(
        _ magnitude: UInt64, isNegative: Bool, _ format: FloatFormat,
        _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        switch format {
        case .single: number(Binary32.self, magnitude, isNegative: isNegative, rounding, &flags)
        case .double: number(Binary64.self, magnitude, isNegative: isNegative, rounding, &flags)
        }
    }

    /// The integer 0 gives +0 in every rounding mode (IEEE 754-2019, clause 5.4.1).
    @inline(__always)
    private static func number<F: BinaryFormat>(
        _ format: F.Type, _ magnitude: UInt64, isNegative: Bool,
        _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        if magnitude == 0 { return 0 }
        let shift = magnitude.leadingZeroBitCount
        return round(
            format, sign: isNegative ? F.signMask : 0, exponent: F.bias &+ 63 &- shift,
            significand: magnitude &<< UInt64(truncatingIfNeeded: shift), rounding, &flags)
    }
}
