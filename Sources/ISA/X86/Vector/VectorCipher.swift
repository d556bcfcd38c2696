// AES rounds (FIPS 197) and carry-less products (Intel SDM volume 2, AESENC and PCLMULQDQ).

enum VectorCipher {
    static func result(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        switch call.operation {
        case .aesenc: mixColumns(substitute(shiftRows(a, by: 1), forward), [2, 3, 1, 1]) ^ b
        case .aesenclast: substitute(shiftRows(a, by: 1), forward) ^ b
        case .aesdec: mixColumns(substitute(shiftRows(a, by: 3), inverse), [14, 11, 13, 9]) ^ b
        case .aesdeclast: substitute(shiftRows(a, by: 3), inverse) ^ b
        case .aesimc: mixColumns(b, [14, 11, 13, 9])
        case .aeskeygenassist: keyParts(b, UInt32(call.immediate))
        case .pclmulqdq:
            product(
                call.immediate & 1 != 0 ? a.high : a.low, call.immediate & 16 != 0 ? b.high : b.low)
        default: nil
        }
    }

    // MARK: AES

    /// Product in the field of 256 elements (FIPS 197, 4.2).
    private static func multiply(_ x: UInt8, _ y: UInt8) -> UInt8 {
        var (result, factor, rest) = (UInt8(0), x, y)
        while rest != 0 {
            if rest & 1 != 0 { result ^= factor }
            factor = factor << 1 ^ (factor & 0x80 != 0 ? 0x1b : 0)
            rest >>= 1
        }
        return result
    }

    /// The substitution table: inverses in the field, mapped by an affine transformation (FIPS 197, 5.1.1).
    private static let forward: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 256)
        for value in 0..<256 {
            let inverse = (0..<256).first { multiply(UInt8(value), UInt8($0)) == 1 }.map { UInt8($0) } ?? 0
            var result = inverse
            for count in 1..<5 as Range<UInt8> { result ^= inverse << count | inverse >> (8 - count) }
            table[value] = result ^ 0x63
        }
        return table
    }()

    private static let inverse: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 256)
        for (value, substitute) in forward.enumerated() { table[Int(substitute)] = UInt8(value) }
        return table
    }()

    private static func substitute(_ state: Vector128, _ table: [UInt8]) -> Vector128 {
        .make(UInt8.self) { table[Int(state.lane($0, UInt8.self))] }
    }

    /// Row r moves by r columns, `by` times. Bytes lie column by column.
    private static func shiftRows(_ state: Vector128, by count: Int) -> Vector128 {
        .make(UInt8.self) { state.lane(($0 + $0 % 4 * 4 * count) % 16, UInt8.self) }
    }

    private static func mixColumns(_ state: Vector128, _ factors: [UInt8]) -> Vector128 {
        .make(UInt8.self) { index in
            (0..<4).reduce(0) {
                let byte = state.lane(index / 4 * 4 + (index + $1) % 4, UInt8.self)
                return $0 ^ multiply(byte, factors[$1])
            }
        }
    }

    /// What the next round key is made of (FIPS 197, 5.2): two words substituted, and also rotated with a constant.
    private static func keyParts(_ key: Vector128, _ constant: UInt32) -> Vector128 {
        let substituted = substitute(key, forward)
        return .make(UInt32.self) { index in
            let word = substituted.lane(index | 1, UInt32.self)
            return index & 1 == 0 ? word : (word >> 8 | word << 24) ^ constant
        }
    }

    // MARK: Products without carries

    private static func product(_ x: UInt64, _ y: UInt64) -> Vector128 {
        var result = Vector128.zero
        for bit in 0..<64 as Range<UInt64> where y >> bit & 1 != 0 {
            result.low ^= x << bit
            if bit != 0 { result.high ^= x >> (64 - bit) }
        }
        return result
    }
}

extension Vector128 {
    static func ^ (x: Vector128, y: Vector128) -> Vector128 { Vector128(x.low ^ y.low, x.high ^ y.high) }
}
