// The whole instruction set as a list of pictures, and the lookup that decoding uses.

/// Every encoding that the machine understands.
enum EncodingTable {
    /// The 32-bit encodings.
    static let full: [Encoding] =
        base + privileged + multiply + atomic + single + double + bitManipulation

    /// The encodings by what selects them quickly: for 32 bits the major opcode and funct3, for 16
    /// bits the quadrant and funct3. An encoding whose funct3 is an operand is in several buckets.
    private static let buckets: [[Encoding]] = {
        var buckets = [[Encoding]](repeating: [], count: 32 * 8 + 3 * 8)
        for (index, _) in buckets.enumerated() {
            let isFull = index < 256
            let key = isFull ? fullKey(index) : compressedKey(index - 256)
            let candidates = isFull ? full : compressed
            buckets[index] = candidates.filter { $0.match & key.mask == key.value & $0.mask }
        }
        return buckets
    }()

    private static func fullKey(_ index: Int) -> (mask: UInt32, value: UInt32) {
        let value = UInt32(index >> 3) << 2 | UInt32(index & 7) << 12 | 3
        return (0x707f, value)
    }

    private static func compressedKey(_ index: Int) -> (mask: UInt32, value: UInt32) {
        (0xe003, UInt32(index & 7) << 13 | UInt32(index >> 3))
    }

    /// The encoding of `bits`, or nil when no instruction looks like that.
    static func lookup(_ bits: UInt32) -> Encoding? {
        let index: Int
        if bits & 3 == 3 {
            index = Int((bits >> 2) & 31) << 3 | Int((bits >> 12) & 7)
        } else {
            index = 256 + (Int(bits & 3) << 3 | Int((bits >> 13) & 7))
        }
        return buckets[index].first { $0.matches(bits) }
    }
}
