// Reading an archive, which may be anything.
import HostOS

/// An archive whose header, end and index were checked.
final class ArchiveReader {
    let path: String
    let index: ArchiveIndex
    private let file: File
    /// Where the first chunk of each file is, by the files' paths.
    private let offsets: [String: UInt64]
    private let codec = ChunkCodec()
    private let stored: ChunkBuffer
    private let content: ChunkBuffer

    /// Opens the archive at `path`. Its chunks are checked when they are read.
    init(opening path: String) throws(ArchiveError) {
        self.path = path
        file = try Self.open(path)
        let file = file
        let byteCount = try ArchiveError.wrapping { () throws(HostError) in try file.byteCount() }
        let header = try Self.read(file, 0..<min(byteCount, UInt64(ArchiveFormat.headerByteCount)))
        try ArchiveFormat.checkHeader(header, path: path)
        guard byteCount >= UInt64(ArchiveFormat.headerByteCount + ArchiveFormat.trailerByteCount) else {
            throw .damaged(path: path, why: "it is cut short")
        }
        let end = try Self.read(file, byteCount - UInt64(ArchiveFormat.trailerByteCount)..<byteCount)
        let trailer = try ArchiveTrailer(decoding: end, fileByteCount: byteCount, path: path)
        let bytes = try Self.read(file, trailer.indexOffset..<trailer.indexOffset + trailer.indexByteCount)
        guard RAMChecksum.of(bytes) == trailer.indexChecksum else {
            throw .damaged(path: path, why: "the checksum of its index is wrong")
        }
        index = try ArchiveIndex(decoding: bytes, path: path)
        guard index.storedByteCount == trailer.indexOffset - UInt64(ArchiveFormat.headerByteCount) else {
            throw .unacceptable(path: path, why: "its index does not fit its size")
        }
        offsets = Self.offsets(index)
        stored = ChunkBuffer(byteCount: index.chunkByteCount)
        content = ChunkBuffer(byteCount: index.chunkByteCount)
    }

    private static func open(_ path: String) throws(ArchiveError) -> File {
        let file = try ArchiveError.wrapping { () throws(HostError) in try File(opening: path, .readOnly) }
        let kind = try ArchiveError.wrapping { () throws(HostError) in try file.kind() }
        guard kind == .regular else { throw .notAnArchive(path: path) }
        return file
    }

    private static func offsets(_ index: ArchiveIndex) -> [String: UInt64] {
        var offsets: [String: UInt64] = [:]
        var position = UInt64(ArchiveFormat.headerByteCount)
        for file in index.files {
            offsets[file.path] = position
            position += file.storedByteCount
        }
        return offsets
    }

    /// Bytes that are known to be there.
    private static func read(_ file: File, _ range: Range<UInt64>) throws(ArchiveError) -> [UInt8] {
        try ArchiveError.wrappingSnapshots { () throws(SnapshotError) in
            try SnapshotFile.read(file, at: range.lowerBound, count: range.count)
        }
    }

    /// All of a small file.
    func contents(of file: ArchiveFile, limit: UInt64) throws(ArchiveError) -> [UInt8] {
        guard file.byteCount <= limit else {
            throw .unacceptable(path: path, why: "\(file.path) has \(file.byteCount) bytes")
        }
        var bytes = [UInt8](repeating: 0, count: Int(file.byteCount))
        try read(file) { offset, content throws(ArchiveError) in
            bytes.replaceSubrange(Int(offset)..<Int(offset) + content.count, with: content)
        }
        return bytes
    }

    /// Makes a file of the host that has the contents of `file`; holes where it has zeros.
    func unpack(_ file: ArchiveFile, to path: String, progress: (UInt64) -> Void) throws(ArchiveError) {
        let target = try ArchiveError.wrapping { () throws(HostError) in
            let target = try File(creating: path)
            try target.resize(to: file.byteCount)
            return target
        }
        try read(file) { offset, content throws(ArchiveError) in
            try ArchiveError.wrapping { () throws(HostError) in try target.writeSparse(content, at: offset) }
            progress(UInt64(content.count))
        }
    }

    /// Hands out the chunks of a file, checked, with their places in it.
    private func read(
        _ file: ArchiveFile, _ body: (UInt64, UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        var position = offsets[file.path] ?? 0
        for chunk in file.chunks {
            let range = index.range(of: chunk, in: file)
            let content = try read(chunk, count: range.count, at: position, of: file)
            try body(range.lowerBound, UnsafeRawBufferPointer(content))
            position += chunk.storedByteCount
        }
    }

    private func read(
        _ chunk: ArchiveChunk, count: Int, at position: UInt64, of file: ArchiveFile
    ) throws(ArchiveError) -> UnsafeMutableRawBufferPointer {
        let bytes = stored.prefix(Int(chunk.storedByteCount))
        try ArchiveError.wrapping { () throws(HostError) in try self.file.read(into: [bytes], at: position) }
        guard ArchiveFormat.checksum(UnsafeRawBufferPointer(bytes)) == chunk.checksum else {
            throw .damaged(path: path, why: "the checksum of a part of \(file.path) is wrong")
        }
        if bytes.count == count { return bytes }
        let target = content.prefix(count)
        guard codec.decompress(UnsafeRawBufferPointer(bytes), into: target) else {
            throw .unacceptable(path: path, why: "a part of \(file.path) can not be decompressed")
        }
        return target
    }
}

extension File {
    /// Writes what is not zero into a file that is all zeros there.
    fileprivate func writeSparse(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(HostError) {
        let pieceByteCount = 1 << 16
        for start in stride(from: 0, to: bytes.count, by: pieceByteCount) {
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + pieceByteCount, bytes.count)])
            if !piece.isAllZeros { try write([piece], at: offset + UInt64(start)) }
        }
    }
}
