// Operand values that are likely to show mistakes.

/// Random values with a bias to the corners of integer and floating-point formats.
enum OracleValues {
    static func integer(_ random: inout RandomNumbers) -> UInt64 {
        switch random.below(8) {
        case 0: return random.pick(corners)
        case 1: return random.pick(corners) &+ UInt64(bitPattern: Int64(random.below(5) - 2))
        case 2: return 1 << UInt64(random.below(64))
        case 3: return (1 << UInt64(random.below(64))) &- 1
        case 4: return UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: random.next())))
        case 5: return random.next() >> UInt64(random.below(64))
        default: return random.next()
        }
    }

    private static let corners: [UInt64] = [
        0, 1, .max, 1 << 63, .max >> 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_ffff_8000_0000,
        0x8000, 0x7fff, 0x80, 0x7f, 0xff, 0xffff, 0x0101_0101_0101_0101, 0x8080_8080_8080_8080,
        0x00ff_00ff_00ff_00ff,
    ]

    /// The bits of a floating-point register: doubles, boxed singles and singles that are not boxed.
    static func float(_ random: inout RandomNumbers) -> UInt64 {
        switch random.below(8) {
        case 0...2: return double(&random)
        case 3...6: return 0xffff_ffff_0000_0000 | UInt64(single(&random))
        default: return random.next() << 32 | UInt64(single(&random))
        }
    }

    private static func double(_ random: inout RandomNumbers) -> UInt64 {
        let sign: UInt64 = random.oneIn(2) ? 1 << 63 : 0
        let fraction = fractionBits(52, &random)
        // Exponents: zero and subnormal, infinite and NaN, around 1, around integer limits, any.
        let exponents: [UInt64] = [
            0, 0x7ff, UInt64(1013 + random.below(70)), 1023, random.next() & 0x7ff, 1, 0x7fe,
        ]
        return sign | random.pick(exponents) << 52 | fraction
    }

    private static func single(_ random: inout RandomNumbers) -> UInt32 {
        let sign: UInt32 = random.oneIn(2) ? 1 << 31 : 0
        let fraction = UInt32(fractionBits(23, &random))
        let exponents: [UInt32] = [
            0, 0xff, UInt32(117 + random.below(78)), 127, UInt32(random.below(256)), 1, 0xfe,
        ]
        return sign | random.pick(exponents) << 23 | fraction
    }

    private static func fractionBits(_ count: UInt64, _ random: inout RandomNumbers) -> UInt64 {
        let all: UInt64 = (1 << count) - 1
        switch random.below(6) {
        case 0: return 0
        case 1: return all
        case 2: return 1 << UInt64(random.below(Int(count)))
        case 3: return random.oneIn(2) ? 1 : 1 << (count - 1)
        default: return random.next() & all
        }
    }
}
