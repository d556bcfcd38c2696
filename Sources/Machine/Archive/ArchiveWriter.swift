// Writing an archive from its beginning to its end.
import HostOS

/// Where the contents of a file in an archive come from.
struct ArchiveSource: Equatable {
    /// The contents.
    enum Contents: Equatable {
        case bytes([UInt8])
        /// A file or block device of the host, with other bytes in its beginning.
        case file(String, beginning: [UInt8] = [])
    }

    /// The path in the archive.
    var path: String
    var contents: Contents
}

/// Writes one archive. After an error the file is of no use.
final class ArchiveWriter {
    private let file: File
    private var position: UInt64 = 0
    private var index: ArchiveIndex
    private let codec = ChunkCodec()
    private let content: ChunkBuffer
    private let compressed: ChunkBuffer

    /// Makes the file at `path`.
    init(
        creating path: String, machineName: String, chunkByteCount: UInt64 = ArchiveIndex.standardChunkByteCount
    ) throws(ArchiveError) {
        file = try ArchiveError.wrapping { () throws(HostError) in try File(creating: path) }
        index = ArchiveIndex(chunkByteCount: chunkByteCount, machineName: machineName, files: [])
        content = ChunkBuffer(byteCount: chunkByteCount)
        compressed = ChunkBuffer(byteCount: chunkByteCount)
        try append(ArchiveFormat.header)
    }

    /// Adds a file. Holes are not read.
    /// - Parameter progress: told how many bytes of the file are done.
    func add(_ source: ArchiveSource, progress: (UInt64) -> Void = { _ in }) throws(ArchiveError) {
        switch source.contents {
        case .bytes(let bytes):
            index.files.append(ArchiveFile(path: source.path, byteCount: UInt64(bytes.count), chunks: []))
            try add(0..<UInt64(bytes.count)) { range, target throws(ArchiveError) in
                target.copyBytes(from: bytes[Int(range.lowerBound)..<Int(range.upperBound)])
            }
            progress(UInt64(bytes.count))
        case .file(let path, let beginning): try add(path, beginning, as: source.path, progress)
        }
    }

    private func add(
        _ path: String, _ beginning: [UInt8], as name: String, _ progress: (UInt64) -> Void
    ) throws(ArchiveError) {
        let file = try open(path)
        let byteCount = try ArchiveError.wrapping { () throws(HostError) in try file.byteCount() }
        guard byteCount <= ArchiveIndex.maximumFileByteCount, UInt64(beginning.count) <= byteCount else {
            throw .unexportable(why: "\(path) has \(byteCount) bytes")
        }
        index.files.append(ArchiveFile(path: name, byteCount: byteCount, chunks: []))
        let size = index.chunkByteCount
        var next: UInt64 = 0
        while let data = try nextData(of: file, next..<byteCount) {
            let end = min((data.upperBound + size - 1) / size * size, byteCount)
            try add(data.lowerBound / size * size..<end) { range, target throws(ArchiveError) in
                try ArchiveError.wrapping { () throws(HostError) in
                    try file.read(into: [target], at: range.lowerBound)
                }
                for index in range.clamped(to: 0..<UInt64(beginning.count)) {
                    target[Int(index - range.lowerBound)] = beginning[Int(index)]
                }
                progress(range.upperBound)
            }
            next = end
        }
        progress(byteCount)
    }

    private func open(_ path: String) throws(ArchiveError) -> File {
        let file: File
        let kind: File.Kind
        do throws(HostError) {
            file = try File(opening: path, .readOnly)
            kind = try file.kind()
        } catch {
            throw error.code == HostError.Code.noSuchFile ? .missingFile(path: path) : .host(error)
        }
        guard kind == .regular || kind == .blockDevice else {
            throw .unexportable(why: "\(path) is neither a file nor a block device: name another one in machine.yaml")
        }
        return file
    }

    private func nextData(of file: File, _ range: Range<UInt64>) throws(ArchiveError) -> Range<UInt64>? {
        try ArchiveError.wrapping { () throws(HostError) in
            try file.data(from: range.lowerBound, to: range.upperBound)
        }
    }

    /// Adds the chunks of a range of the last file, which begins with one.
    /// - Parameter read: fills memory with a range of the file.
    private func add(
        _ range: Range<UInt64>,
        _ read: (Range<UInt64>, UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(start + index.chunkByteCount, range.upperBound)
            let target = content.prefix(Int(end - start))
            try read(start..<end, target)
            if !target.isAllZeros { try add(UnsafeRawBufferPointer(target), number: start / index.chunkByteCount) }
            start = end
        }
    }

    /// Adds a chunk of the last file.
    private func add(_ content: UnsafeRawBufferPointer, number: UInt64) throws(ArchiveError) {
        let count = codec.compress(content, into: compressed.bytes)
        let stored = count.map { UnsafeRawBufferPointer(compressed.prefix($0)) } ?? content
        let chunk = ArchiveChunk(
            number: number, storedByteCount: UInt64(stored.count), checksum: ArchiveFormat.checksum(stored))
        try append(stored)
        index.files[index.files.count - 1].chunks.append(chunk)
    }

    /// Writes the index and the end, and waits until all is on the medium.
    /// - Returns: the size of the archive.
    func finish() throws(ArchiveError) -> UInt64 {
        let bytes = index.encoded
        guard bytes.count <= ArchiveTrailer.maximumIndexByteCount else {
            throw .unexportable(why: "its files have more than 11 TiB: export it without its largest disk")
        }
        let trailer = ArchiveTrailer(indexOffset: position, index: bytes)
        try append(bytes)
        try append(trailer.encoded)
        try ArchiveError.wrapping { () throws(HostError) in try file.synchronizeData() }
        return position
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        try ArchiveError.wrapping { () throws(HostError) in try file.write([bytes], at: position) }
        position += UInt64(bytes.count)
    }

    private func append(_ bytes: [UInt8]) throws(ArchiveError) {
        let outcome = bytes.withUnsafeBytes { bytes in
            Result { () throws(ArchiveError) in try append(bytes) }
        }
        try outcome.get()
    }
}

extension UnsafeMutableRawBufferPointer {
    /// As fast as memory: every byte equals the next one, and the first is zero.
    fileprivate var isAllZeros: Bool { UnsafeRawBufferPointer(self).isAllZeros }
}

extension UnsafeRawBufferPointer {
    /// No byte is anything but zero.
    var isAllZeros: Bool {
        guard let start = baseAddress, count > 0 else { return true }
        return self[0] == 0 && MemoryComparison.areEqual(start, start + 1, count: count - 1)
    }
}
