// Integers in byte arrays: configuration spaces and messages are little-endian.

extension [UInt8] {
    /// The integer in `byteCount` bytes (1 to 8) from `offset` on; all of them are inside the array.
    func littleEndian(at offset: Int, byteCount: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<byteCount { value |= UInt64(self[offset + index]) << (8 * index) }
        return value
    }

    /// Replaces `byteCount` bytes (1 to 8) from `offset` on; all of them are inside the array.
    mutating func storeLittleEndian(_ value: UInt64, at offset: Int, byteCount: Int) {
        for index in 0..<byteCount { self[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
    }
}
