// The parameters of a format as compile-time constants, and the decoding of its fields.

/// A binary interchange format, for code that is specialised per format inside this module.
protocol BinaryFormat {
    /// The number of stored fraction bits (precision - 1).
    static var fractionBits: UInt64 { get }
    /// The biased exponent field with all bits set: infinities and NaNs.
    static var exponentMaximum: Int { get }
}

/// binary32 (IEEE 754-2019, table 3.5).
enum Binary32: BinaryFormat {
    static var fractionBits: UInt64 { 23 }
    static var exponentMaximum: Int { 0xFF }
}

/// binary64 (IEEE 754-2019, table 3.5).
enum Binary64: BinaryFormat {
    static var fractionBits: UInt64 { 52 }
    static var exponentMaximum: Int { 0x7FF }
}

extension BinaryFormat {
    /// The exponent bias.
    static var bias: Int { exponentMaximum &>> 1 }
    /// The lowest exponent bit, as a number to add to an encoding.
    static var exponentUnit: UInt64 { 1 &<< fractionBits }
    /// +infinity; also the mask of the exponent field.
    static var infinity: UInt64 { UInt64(truncatingIfNeeded: exponentMaximum) &<< fractionBits }
    /// The sign bit.
    static var signMask: UInt64 { infinity &+ exponentUnit }
    /// Every bit but the sign.
    static var magnitudeMask: UInt64 { signMask &- 1 }
    /// The top fraction bit, which tells quiet from signalling NaNs (IEEE 754-2019, clause 6.2.1).
    static var quietBit: UInt64 { exponentUnit &>> 1 }
    /// How many bits of a 64-bit significand do not fit the format.
    static var discardedBits: UInt64 { 63 &- fractionBits }
    /// The mask of those bits.
    static var discardedMask: UInt64 { (1 &<< discardedBits) &- 1 }

    @inline(__always)
    static func sign(_ bits: UInt64) -> UInt64 { bits & signMask }

    @inline(__always)
    static func magnitude(_ bits: UInt64) -> UInt64 { bits & magnitudeMask }

    @inline(__always)
    static func biasedExponent(_ bits: UInt64) -> Int {
        Int(truncatingIfNeeded: (bits & infinity) &>> fractionBits)
    }

    @inline(__always)
    static func isNaN(_ bits: UInt64) -> Bool { magnitude(bits) > infinity }

    @inline(__always)
    static func isSignaling(_ bits: UInt64) -> Bool { isNaN(bits) && bits & quietBit == 0 }

    /// The exponent and significand of a finite nonzero number, subnormal ones normalised.
    @inline(__always)
    static func decode(_ bits: UInt64) -> (exponent: Int, significand: UInt64) {
        let exponent = biasedExponent(bits)
        // The lowest exponent bit lands on bit 63: overwritten for a normal number, zero otherwise.
        let aligned = bits &<< discardedBits
        if exponent != 0 { return (exponent, aligned | 1 &<< 63) }
        let shift = aligned.leadingZeroBitCount
        return (1 &- shift, aligned &<< UInt64(truncatingIfNeeded: shift))
    }

    /// A number that orders as the encodings do from -infinity over -0 and +0 to +infinity.
    @inline(__always)
    static func orderingKey(_ bits: UInt64) -> Int64 {
        let magnitude = Int64(bitPattern: magnitude(bits))
        return sign(bits) == 0 ? magnitude : ~magnitude
    }
}

/// Shifts right by `count` and keeps in bit 0 whether anything was lost.
@inline(__always)
func shiftRightSticky(_ value: UInt64, _ count: UInt64) -> UInt64 {
    // From 63 on the result is 0 or 1 whatever the count.
    let count = min(count, 63)
    let lost = value & ((1 &<< count) &- 1)
    return (value &>> count) | (lost != 0 ? 1 : 0)
}

/// Shifts right by `count` and keeps in bit 0 whether anything was lost.
@inline(__always)
func shiftRightSticky(_ value: UInt128, _ count: UInt64) -> UInt128 {
    let count = UInt128(truncatingIfNeeded: min(count, 127))
    let lost = value & ((1 &<< count) &- 1)
    return (value &>> count) | (lost != 0 ? 1 : 0)
}
