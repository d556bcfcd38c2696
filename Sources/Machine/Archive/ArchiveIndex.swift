// The index of an archive: which files there are, and where their bytes are.

// In the archive, all integers 64 bits, little endian:
//
//     size of a chunk
//     length of the machine's name, the name
//     number of files, then for each:
//         length of the path, the path
//         size of the file
//         number of stored chunks, then for each: its number in the file, its stored size, the checksum of what is
//         stored

/// A part of a file that is not all zeros.
struct ArchiveChunk: Equatable {
    /// Its place in the file, in chunks.
    var number: UInt64
    /// What it takes in the archive. As much as it has contents: these are stored as they are.
    var storedByteCount: UInt64
    /// Of what is stored.
    var checksum: UInt64
}

/// One file of the machine.
struct ArchiveFile: Equatable {
    /// Relative to the machine's folder.
    var path: String
    var byteCount: UInt64
    /// Ascending; what is not among them is zeros.
    var chunks: [ArchiveChunk]

    var storedByteCount: UInt64 { chunks.reduce(0) { $0 + $1.storedByteCount } }
}

/// What an archive holds.
struct ArchiveIndex: Equatable {
    /// The size of a chunk of a file; the last one of a file may be shorter.
    var chunkByteCount: UInt64
    /// What the machine was called.
    var machineName: String
    /// `machine.yaml` is the first.
    var files: [ArchiveFile]

    static let standardChunkByteCount: UInt64 = 1 << 20
    /// 64 TiB, what RAM and disks never exceed.
    static let maximumFileByteCount: UInt64 = 1 << 46
    static let maximumPathByteCount = 512
    /// More than a machine with 80,000 snapshots has.
    static let maximumFileCount = 1 << 18
    private static let chunkByteCounts: ClosedRange<UInt64> = 4096...(16 << 20)

    /// The bytes of `file` that a chunk has.
    func range(of chunk: ArchiveChunk, in file: ArchiveFile) -> Range<UInt64> {
        let start = chunk.number * chunkByteCount
        return start..<min(start + chunkByteCount, file.byteCount)
    }

    /// What all chunks take when they are unpacked.
    var contentByteCount: UInt64 {
        files.reduce(0) { sum, file in file.chunks.reduce(sum) { $0 + UInt64(range(of: $1, in: file).count) } }
    }

    /// What all chunks take in the archive.
    var storedByteCount: UInt64 { files.reduce(0) { $0 + $1.storedByteCount } }
}

extension ArchiveIndex {
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ text: String) {
            bytes.append(littleEndian: UInt64(text.utf8.count))
            bytes += text.utf8
        }
        bytes.append(littleEndian: chunkByteCount)
        append(machineName)
        bytes.append(littleEndian: UInt64(files.count))
        for file in files {
            append(file.path)
            bytes.append(littleEndian: file.byteCount)
            bytes.append(littleEndian: UInt64(file.chunks.count))
            for chunk in file.chunks {
                for word in [chunk.number, chunk.storedByteCount, chunk.checksum] { bytes.append(littleEndian: word) }
            }
        }
        return bytes
    }

    /// Reads an index, which may say anything.
    /// - Throws: `ArchiveError.unacceptable`. Afterwards every chunk has a place in its file, and a size that fits
    ///   it; paths are unique and such that a machine can have them.
    init(decoding bytes: [UInt8], path: String) throws(ArchiveError) {
        var reader = ArchiveIndexReader(bytes, path: path)
        chunkByteCount = try reader.word()
        guard Self.chunkByteCounts.contains(chunkByteCount), chunkByteCount.nonzeroBitCount == 1 else {
            throw reader.error("it has chunks of \(chunkByteCount) bytes")
        }
        machineName = try reader.text(atMost: 64)
        guard MachineName.isValid(machineName) else {
            throw reader.error("'\(SpecText.shown(machineName))' can not be the name of a machine")
        }
        files = []
        // A file takes three words at least.
        let count = try reader.count(ofItems: 24)
        guard count <= Self.maximumFileCount else { throw reader.error("it has \(count) files") }
        for _ in 0..<count { files.append(try reader.file(chunkByteCount)) }
        guard reader.isAtEnd else { throw reader.error("its index has more than it says") }
        try checkPaths(reader)
    }

    private func checkPaths(_ reader: ArchiveIndexReader) throws(ArchiveError) {
        var paths: Set<String> = []
        for file in files {
            guard ArchivePath(file.path) != nil else {
                throw reader.error("'\(SpecText.shown(file.path))' is no file of a machine")
            }
            guard paths.insert(file.path).inserted else { throw reader.error("it has \(file.path) twice") }
        }
        guard files.first?.path == MachineBundle.specName else {
            throw reader.error("it does not begin with \(MachineBundle.specName)")
        }
    }
}

/// Takes an index apart, inside its bounds.
struct ArchiveIndexReader {
    private let bytes: [UInt8]
    private let path: String
    private var position = 0

    init(_ bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    var isAtEnd: Bool { position == bytes.count }

    func error(_ why: String) -> ArchiveError { .unacceptable(path: path, why: why) }

    mutating func word() throws(ArchiveError) -> UInt64 {
        guard bytes.count - position >= 8 else { throw error("its index ends too early") }
        defer { position += 8 }
        return bytes.littleEndian(at: position)
    }

    /// A number of items of at least `byteCount` bytes each that are to follow.
    mutating func count(ofItems byteCount: Int) throws(ArchiveError) -> Int {
        let count = try word()
        guard count <= UInt64((bytes.count - position) / byteCount) else {
            throw error("its index has not the \(count) items that it says")
        }
        return Int(count)
    }

    mutating func text(atMost limit: Int) throws(ArchiveError) -> String {
        let count = try count(ofItems: 1)
        let end = position + count
        guard count <= limit, let text = String(validating: bytes[position..<end], as: UTF8.self) else {
            throw error("a name in its index is no text, or too long")
        }
        position = end
        return text
    }

    mutating func file(_ chunkByteCount: UInt64) throws(ArchiveError) -> ArchiveFile {
        let name = try text(atMost: ArchiveIndex.maximumPathByteCount)
        let byteCount = try word()
        guard byteCount <= ArchiveIndex.maximumFileByteCount else {
            throw error("'\(SpecText.shown(name))' has \(byteCount) bytes")
        }
        let count = try count(ofItems: 24)
        var file = ArchiveFile(path: name, byteCount: byteCount, chunks: [])
        file.chunks.reserveCapacity(count)
        var next: UInt64 = 0
        let end = (byteCount + chunkByteCount - 1) / chunkByteCount
        for _ in 0..<count {
            let chunk = ArchiveChunk(number: try word(), storedByteCount: try word(), checksum: try word())
            guard (next..<max(end, next)).contains(chunk.number) else {
                throw error("a part of '\(SpecText.shown(name))' is outside of it, or out of order")
            }
            let room = min(chunkByteCount, byteCount - chunk.number * chunkByteCount)
            guard (1...room).contains(chunk.storedByteCount) else {
                throw error("a part of '\(SpecText.shown(name))' has \(chunk.storedByteCount) bytes")
            }
            file.chunks.append(chunk)
            next = chunk.number + 1
        }
        return file
    }
}
