// Reads integers out of a file's bytes without ever leaving them.

/// A view of a file's bytes in which every position is checked.
struct ByteReader {
    let bytes: [UInt8]

    /// The little-endian integer at `offset`, or `nil` if it is not whole inside the bytes.
    func littleEndian<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type, at offset: Int
    ) -> Integer? {
        load(type, at: offset).map(Integer.init(littleEndian:))
    }

    /// The big-endian integer at `offset`, or `nil` if it is not whole inside the bytes.
    func bigEndian<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type, at offset: Int
    ) -> Integer? {
        load(type, at: offset).map(Integer.init(bigEndian:))
    }

    private func load<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type, at offset: Int
    ) -> Integer? {
        guard offset >= 0, offset <= bytes.count - MemoryLayout<Integer>.size else { return nil }
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }

    /// Whether `expected` is at `offset`, whole.
    func has(_ expected: [UInt8], at offset: Int) -> Bool {
        guard offset >= 0, offset <= bytes.count - expected.count else { return false }
        return bytes[offset..<(offset + expected.count)].elementsEqual(expected)
    }

    /// Whether the ASCII text is at `offset`, whole.
    func has(_ expected: String, at offset: Int) -> Bool {
        has(Array(expected.utf8), at: offset)
    }
}
