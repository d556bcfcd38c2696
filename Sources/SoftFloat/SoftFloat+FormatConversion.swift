// Conversions between the two formats.

extension SoftFloat {
    /// A binary64 encoding as binary32 (IEEE 754-2019, clause 5.4.2, convertFormat; FCVT.S.D).
    public static func toSingle(
        _ doubleBits: UInt64, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        let sign = Binary64.sign(doubleBits) &>> 32
        let magnitude = Binary64.magnitude(doubleBits)
        if magnitude >= Binary64.infinity {
            if magnitude == Binary64.infinity { return sign | Binary32.infinity }
            return convertedNaN(from: Binary64.self, to: Binary32.self, doubleBits, &flags)
        }
        if magnitude == 0 { return sign }
        let (exponent, significand) = Binary64.decode(doubleBits)
        return round(
            Binary32.self, sign: sign, exponent: exponent &- Binary64.bias &+ Binary32.bias,
            significand: significand, rounding, &flags)
    }

    /// A binary32 encoding as binary64, always exact (IEEE 754-2019, clause 5.4.2, convertFormat;
    /// FCVT.D.S).
    public static func toDouble(_ singleBits: UInt64, _ flags: inout FloatFlags) -> UInt64 {
        let sign = Binary32.sign(singleBits) &<< 32
        let magnitude = Binary32.magnitude(singleBits)
        if magnitude >= Binary32.infinity {
            if magnitude == Binary32.infinity { return sign | Binary64.infinity }
            return convertedNaN(from: Binary32.self, to: Binary64.self, singleBits, &flags)
        }
        if magnitude == 0 { return sign }
        let (exponent, significand) = Binary32.decode(singleBits)
        let rebased = UInt64(truncatingIfNeeded: exponent &- Binary32.bias &+ Binary64.bias &- 1)
        // The significand's leading one adds itself to the exponent.
        return sign | ((rebased &<< Binary64.fractionBits) &+ (significand &>> Binary64.discardedBits))
    }
}
