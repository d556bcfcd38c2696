// Unpacking compressed parts of boot files, with bounds on what may come out.
import CLzma
import CZlib
import CZstd

/// Why a compressed part of a file could not be unpacked.
public enum DecompressionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The first bytes belong to no format that is known here.
    case unknownFormat
    /// The data are damaged or cut off.
    case damaged(format: String)
    /// More would come out than is allowed.
    case tooLarge(format: String, limit: Int)

    public var description: String {
        switch self {
        case .unknownFormat: "its payload is compressed in a format other than gzip, xz, lzma and zstd"
        case .damaged(let format): "its \(format) payload is damaged; copy the file again"
        case .tooLarge(let format, let limit):
            "its \(format) payload is larger than the \(limit >> 20) MiB that a kernel may have"
        }
    }
}

/// Unpacks whole streams.
public enum Decompression {
    /// What `bytes` hold, whatever of the known formats they are in.
    /// - Parameter limit: the most bytes that may come out.
    public static func unpack(_ bytes: ArraySlice<UInt8>, limit: Int) throws(DecompressionError) -> [UInt8] {
        let start = Array(bytes.prefix(6))
        if start.starts(with: [0x1f, 0x8b]) { return try gzip(bytes, limit) }
        if start.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]) { return try lzma(bytes, limit, "xz") }
        if start.starts(with: [0x5d, 0, 0]) { return try lzma(bytes, limit, "lzma") }
        if start.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return try zstd(bytes, limit) }
        throw .unknownFormat
    }

    /// Grows a buffer until `body` has filled as much of it as there is.
    /// - Parameter body: unpacks into the bytes from an offset on; gives how many it wrote, and whether that was all.
    private static func collect(
        _ format: String, _ limit: Int, _ body: (UnsafeMutableRawBufferPointer) -> (count: Int, isEnd: Bool)?
    ) throws(DecompressionError) -> [UInt8] {
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            guard let (count, isEnd) = chunk.withUnsafeMutableBytes({ body($0) }) else {
                throw .damaged(format: format)
            }
            output += chunk.prefix(count)
            if output.count > limit { throw .tooLarge(format: format, limit: limit) }
            if isEnd { return output }
            if count == 0 { throw .damaged(format: format) }
        }
    }

    private static func gzip(_ bytes: ArraySlice<UInt8>, _ limit: Int) throws(DecompressionError) -> [UInt8] {
        var stream = z_stream()
        // 31: gzip, with a window of any size.
        guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .damaged(format: "gzip")
        }
        defer { inflateEnd(&stream) }
        var input = Array(bytes)
        let inputCount = input.count
        return try input.withUnsafeMutableBufferPointer { source throws(DecompressionError) in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(clamping: inputCount)
            return try collect("gzip", limit) { chunk in
                stream.next_out = chunk.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(chunk.count)
                let status = inflate(&stream, Z_NO_FLUSH)
                guard status == Z_OK || status == Z_STREAM_END else { return nil }
                return (chunk.count - Int(stream.avail_out), status == Z_STREAM_END)
            }
        }
    }

    private static func lzma(
        _ bytes: ArraySlice<UInt8>, _ limit: Int, _ format: String
    ) throws(DecompressionError) -> [UInt8] {
        var stream = lzma_stream()
        // Kernels are packed with dictionaries of at most 128 MiB.
        guard lzma_auto_decoder(&stream, 256 << 20, 0) == LZMA_OK else { throw .damaged(format: format) }
        defer { lzma_end(&stream) }
        let input = Array(bytes)
        return try input.withUnsafeBufferPointer { source throws(DecompressionError) in
            stream.next_in = source.baseAddress
            stream.avail_in = source.count
            return try collect(format, limit) { chunk in
                stream.next_out = chunk.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = chunk.count
                let status = lzma_code(&stream, LZMA_RUN)
                guard status == LZMA_OK || status == LZMA_STREAM_END else { return nil }
                return (chunk.count - stream.avail_out, status == LZMA_STREAM_END)
            }
        }
    }

    private static func zstd(_ bytes: ArraySlice<UInt8>, _ limit: Int) throws(DecompressionError) -> [UInt8] {
        guard let stream = ZSTD_createDStream() else { throw .damaged(format: "zstd") }
        defer { ZSTD_freeDStream(stream) }
        let input = Array(bytes)
        return try input.withUnsafeBufferPointer { source throws(DecompressionError) in
            var inBuffer = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
            return try collect("zstd", limit) { chunk in
                var outBuffer = ZSTD_outBuffer(dst: chunk.baseAddress, size: chunk.count, pos: 0)
                let status = ZSTD_decompressStream(stream, &outBuffer, &inBuffer)
                guard ZSTD_isError(status) == 0 else { return nil }
                return (outBuffer.pos, status == 0)
            }
        }
    }
}
