// Compressing chunks: Zstandard (RFC 8878), each chunk a frame of its own.
import CZstd

/// Compresses and decompresses with the host's library. For one thread at a time.
final class ChunkCodec {
    private let compressor: OpaquePointer
    private let decompressor: OpaquePointer

    /// The library's own middle way between time and size.
    private static let level: Int32 = 3

    init() {
        guard let compressor = ZSTD_createCCtx(), let decompressor = ZSTD_createDCtx() else {
            // The C library's malloc failed; Swift's own allocations end the process just so.
            fatalError("no memory for compression (some kilobytes)")
        }
        self.compressor = compressor
        self.decompressor = decompressor
    }

    deinit {
        ZSTD_freeCCtx(compressor)
        ZSTD_freeDCtx(decompressor)
    }

    /// Compresses `content` into `target`, which is as large.
    /// - Returns: the size of the frame; nil when it would not be smaller than the content.
    func compress(_ content: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
        let room = min(target.count, content.count - 1)
        guard room > 0 else { return nil }
        let count = ZSTD_compressCCtx(
            compressor, target.baseAddress, room, content.baseAddress, content.count, Self.level)
        // The only error that can come is that there is no room.
        return ZSTD_isError(count) != 0 ? nil : count
    }

    /// Decompresses `frame`, which may be anything, into all of `target`; never writes more.
    /// - Returns: false when it is no frame, or one of another size.
    func decompress(_ frame: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Bool {
        let count = ZSTD_decompressDCtx(
            decompressor, target.baseAddress, target.count, frame.baseAddress, frame.count)
        return ZSTD_isError(count) == 0 && count == target.count
    }
}

/// Memory for one chunk.
final class ChunkBuffer {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: UInt64) {
        bytes = .allocate(byteCount: Int(byteCount), alignment: 4096)
    }

    deinit { bytes.deallocate() }

    /// The first bytes.
    func prefix(_ count: Int) -> UnsafeMutableRawBufferPointer { .init(rebasing: bytes.prefix(count)) }
}
