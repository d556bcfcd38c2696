// Checksums of RAM layers.
import HostOS
import StateCodec

/// The low half of XXH3-128. For more than 240 bytes, and so for every chunk, it is XXH3-64 (xxHash
/// specification, "XXH3 algorithm for large inputs": both fold the same accumulators with the same secret).
enum RAMChecksum {
    static func of(_ bytes: [UInt8]) -> UInt64 { StateHash(hashing: bytes).low }

    /// The checksum of a part of a file, read through `buffer`.
    static func of(
        _ range: Range<UInt64>, in file: File, through buffer: UnsafeMutableRawBufferPointer
    ) throws(HostError) -> UInt64 {
        try StateHash(of: range, in: file, through: buffer).low
    }

    /// Lends a buffer of 1 MiB for the function above.
    static func withBuffer<Result>(
        _ body: (UnsafeMutableRawBufferPointer) throws(HostError) -> Result
    ) throws(HostError) -> Result {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        return try body(buffer)
    }
}

extension StateHash {
    /// The hash of a part of a file, read through `buffer`.
    init(
        of range: Range<UInt64>, in file: File, through buffer: UnsafeMutableRawBufferPointer
    ) throws(HostError) {
        let hasher = StateHasher()
        var position = range.lowerBound
        while position < range.upperBound {
            let count = Int(min(UInt64(buffer.count), range.upperBound - position))
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(count))
            try file.read(into: [piece], at: position)
            hasher.update(UnsafeRawBufferPointer(piece))
            position += UInt64(count)
        }
        self = hasher.finalize()
    }
}
