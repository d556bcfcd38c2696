// Unpacking with zstd.
import CZstd

/// Frames of Zstandard (RFC 8878).
enum Zstandard {
    /// Unpacks frames at the start of `input` until `output` is full.
    /// - Returns: how many bytes of `output` were filled; nil when the input is damaged or ends too early.
    static func unpack(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        guard let context = ZSTD_createDCtx() else { return nil }
        defer { ZSTD_freeDCtx(context) }
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        while target.pos < target.size {
            let before = (source.pos, target.pos)
            let outcome = ZSTD_decompressStream(context, &target, &source)
            guard ZSTD_isError(outcome) == 0, before != (source.pos, target.pos) else { return nil }
        }
        return target.pos
    }
}
