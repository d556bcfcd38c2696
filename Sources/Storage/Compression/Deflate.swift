// Unpacking with zlib.
import CZlib

/// What deflate, the method of zlib, made, without zlib's header and checksum (RFC 1951).
enum Deflate {
    /// Unpacks `input` into `output` until one of both ends.
    /// - Returns: how many bytes of `output` were filled; nil when the input is damaged or has no end.
    static func unpack(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        var stream = z_stream()
        // The largest window that there is, negative for "without header".
        guard inflateInit2_(&stream, -15, ZLIB_VERSION, streamSize) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        stream.join(input, output)
        let outcome = inflate(&stream, Z_FINISH)
        let count = output.count - Int(stream.avail_out)
        // What follows the output that we want is padding.
        guard outcome == Z_STREAM_END || outcome == Z_BUF_ERROR && count == output.count else { return nil }
        return count
    }

    private static let streamSize = Int32(MemoryLayout<z_stream>.size)
}

extension z_stream {
    /// Takes bytes from `input` and puts bytes into `output`; both are far smaller than 4 GiB.
    fileprivate mutating func join(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) {
        next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: Bytef.self).baseAddress)
        avail_in = uInt(truncatingIfNeeded: input.count)
        next_out = output.bindMemory(to: Bytef.self).baseAddress
        avail_out = uInt(truncatingIfNeeded: output.count)
    }
}
