// Big-endian numbers in bytes.

/// Bytes with big-endian numbers in them.
struct BigEndianBytes {
    private let bytes: [UInt8]
    var count: Int { bytes.count }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func word32(at offset: Int) -> UInt32? {
        guard offset >= 0, offset <= count - 4 else { return nil }
        return bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The 4 bytes at `half`; 0 where there are none.
    subscript(half offset: Int) -> UInt32 { word32(at: offset) ?? 0 }

    /// The 8 bytes at `offset`; 0 where there are none.
    subscript(offset: Int) -> UInt64 { UInt64(self[half: offset]) << 32 | UInt64(self[half: offset + 4]) }

    /// UTF-8 text; nil when it is none, or not all there.
    func text(at offset: Int, count length: Int) -> String? {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
        return String(validating: bytes[offset..<offset + length], as: UTF8.self)
    }
}

/// Puts big-endian numbers one after the other.
struct BigEndianWriter {
    var bytes: [UInt8] = []

    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }
}
