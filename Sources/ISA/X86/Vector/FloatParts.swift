// A number in one of the two IEEE formats, taken apart.
import SoftFloat

/// The fields of a number.
struct FloatParts {
    let bits: UInt64
    let format: FloatFormat

    init(_ bits: UInt64, _ format: FloatFormat) {
        self.bits = format == .single ? bits & 0xffff_ffff : bits
        self.format = format
    }

    private var fractionBitCount: UInt64 { format == .single ? 23 : 52 }
    private var maximumExponent: UInt64 { format == .single ? 0xff : 0x7ff }
    private var bias: Int { format == .single ? 127 : 1023 }

    var signBit: UInt64 { format == .single ? 1 << 31 : 1 << 63 }
    var quietBit: UInt64 { 1 << (fractionBitCount - 1) }
    private var fraction: UInt64 { bits & ((1 << fractionBitCount) - 1) }
    private var exponent: UInt64 { bits >> fractionBitCount & maximumExponent }

    var isZero: Bool { bits & ~signBit == 0 }
    var isDenormal: Bool { exponent == 0 && fraction != 0 }
    var isNaN: Bool { exponent == maximumExponent && fraction != 0 }
    var isSignaling: Bool { isNaN && bits & quietBit == 0 }

    /// The significand alone: a positive number from 1 to 2. Not for zero.
    var fromOneToTwo: UInt64 {
        let shift = exponent == 0 ? UInt64(fraction.leadingZeroBitCount) - (63 - fractionBitCount) : 0
        let one = UInt64(bias) << fractionBitCount
        return one | (fraction << shift) & ((1 << fractionBitCount) - 1)
    }

    /// A sixteenth; numbers that are so small that they do not have one stay.
    var reduced: UInt64 { exponent > 4 ? bits - 4 << fractionBitCount : bits }

    /// A NaN in the other format: quiet, with the upper bits of its payload.
    var convertedNaN: UInt64 {
        let isNegative = bits & signBit != 0
        if format == .single { return (isNegative ? 1 << 63 : 0) | 0x7ff8 << 48 | fraction << 29 }
        return (isNegative ? 1 << 31 : 0) | 0x7fc0_0000 | fraction >> 29
    }

    /// The nearest integer that `mode` says, in the same format. Not for NaNs.
    func roundedToInteger(_ mode: RoundingMode) -> UInt64 {
        let power = Int(exponent) - bias
        if exponent == maximumExponent || power >= Int(fractionBitCount) || isZero { return bits }
        let isNegative = bits & signBit != 0
        let one = UInt64(bias) << fractionBitCount
        if power < 0 {
            let isOverHalf = power == -1 && fraction != 0
            let goesUp: Bool
            switch mode {
            case .nearestEven: goesUp = isOverHalf
            case .up: goesUp = !isNegative
            case .down: goesUp = isNegative
            default: goesUp = false
            }
            return (bits & signBit) | (goesUp ? one : 0)
        }
        let dropped = fractionBitCount - UInt64(power)
        let mask: UInt64 = (1 << dropped) - 1
        let rest = bits & mask
        let half: UInt64 = 1 << (dropped - 1)
        let goesUp: Bool
        switch mode {
        case .nearestEven: goesUp = rest > half || rest == half && bits >> dropped & 1 != 0
        case .up: goesUp = !isNegative && rest != 0
        case .down: goesUp = isNegative && rest != 0
        default: goesUp = false
        }
        return (bits & ~mask) &+ (goesUp ? mask + 1 : 0)
    }
}
