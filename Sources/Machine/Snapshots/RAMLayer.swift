// Reading a RAM layer, which may be anything.
import HostOS
import StateCodec

/// An open RAM layer whose header and tables were checked. The file stays usable when it is removed.
struct RAMLayer: Sendable {
    let file: File
    let layout: RAMLayout
    /// A `RAMChunkKind` for each chunk of RAM.
    let kinds: [UInt8]
    private let checksums: [UInt8]

    /// Opens the layer of a snapshot.
    /// - Throws: `SnapshotError.damaged`, `.unsupportedVersion`, `.host`.
    init(opening path: String, of manifest: SnapshotManifest) throws(SnapshotError) {
        let file = try SnapshotFile.open(path)
        self.file = file
        let byteCount = try SnapshotError.wrapping { () throws(HostError) in try file.byteCount() }
        guard byteCount == manifest.ram.byteCount, byteCount >= RAMLayerHeader.dataOffset else {
            let expected = manifest.ram.byteCount
            throw .damaged(path: path, why: "it has \(byteCount) bytes, the manifest says \(expected)")
        }
        let headerBytes = try SnapshotFile.read(file, at: 0, count: RAMLayerHeader.byteCount)
        let header = try RAMLayerHeader(decoding: headerBytes, path: path)
        try Self.check(header, headerBytes, against: manifest, path: path)
        layout = header.layout
        let tables = try Self.tables(header, in: file)
        guard RAMChecksum.of(tables) == header.tablesChecksum else {
            throw .damaged(path: path, why: "the checksum of its tables is wrong")
        }
        kinds = Array(tables.prefix(header.layout.chunkCount))
        checksums = Array(tables.dropFirst(header.layout.chunkCount))
        try checkKinds(header, manifest, path: path)
    }

    private static func check(
        _ header: RAMLayerHeader, _ bytes: [UInt8], against manifest: SnapshotManifest, path: String
    ) throws(SnapshotError) {
        guard manifest.ram.matches(StateHash(hashing: bytes)), header.number == manifest.id.number else {
            throw .damaged(path: path, why: "it does not belong to the manifest next to it")
        }
        guard header.layout.ramByteCount == manifest.machine.ramByteCount else {
            throw .damaged(path: path, why: "its size of RAM is not the machine's")
        }
        guard header.fileByteCount == manifest.ram.byteCount,
            UInt64(header.tablesByteCount) <= header.fileByteCount - RAMLayerHeader.dataOffset
        else { throw .damaged(path: path, why: "it has not the size that its header says") }
    }

    /// At most 288 KiB.
    private static func tables(_ header: RAMLayerHeader, in file: File) throws(SnapshotError) -> [UInt8] {
        let count = header.tablesByteCount
        return try SnapshotFile.read(file, at: header.fileByteCount - UInt64(count), count: count)
    }

    /// Every stored chunk is wholly between header and tables, and no chunk comes from nowhere.
    private func checkKinds(
        _ header: RAMLayerHeader, _ manifest: SnapshotManifest, path: String
    ) throws(SnapshotError) {
        guard kinds.allSatisfy({ RAMChunkKind(rawValue: $0) != nil }) else {
            throw .damaged(path: path, why: "its table has an unknown kind of chunk")
        }
        let stored = storedChunks()
        let end = stored.last.map { $0.position + UInt64(layout.range(of: $0.chunk).count) }
        guard stored.count == header.storedCount,
            end ?? RAMLayerHeader.dataOffset == header.fileByteCount - UInt64(header.tablesByteCount)
        else { throw .damaged(path: path, why: "its size does not fit its table of chunks") }
        guard manifest.layerCount > 1 || !kinds.contains(RAMChunkKind.absent.rawValue) else {
            throw .damaged(path: path, why: "it lacks chunks that no other snapshot has")
        }
    }

    /// The stored chunks, ascending, with their places in the file.
    func storedChunks() -> [(chunk: Int, position: UInt64)] {
        var position = RAMLayerHeader.dataOffset
        var stored: [(chunk: Int, position: UInt64)] = []
        for chunk in 0..<kinds.count where kinds[chunk] == RAMChunkKind.stored.rawValue {
            stored.append((chunk, position))
            position += UInt64(layout.range(of: chunk).count)
        }
        return stored
    }

    /// Reads all stored chunks and compares their checksums.
    /// - Throws: `SnapshotError.damaged`, `.host`.
    func verifyChunks() throws(SnapshotError) {
        let gap = Int(RAMLayerHeader.dataOffset) - RAMLayerHeader.byteCount
        let between = try SnapshotFile.read(file, at: UInt64(RAMLayerHeader.byteCount), count: gap)
        guard between.allSatisfy({ $0 == 0 }) else {
            throw .damaged(path: file.path, why: "the space behind its header is not empty")
        }
        let wrong = try SnapshotError.wrapping { () throws(HostError) in
            try RAMChecksum.withBuffer { buffer throws(HostError) in try firstWrongChunk(through: buffer) }
        }
        guard let wrong else { return }
        let address = String(layout.range(of: wrong).lowerBound, radix: 16)
        throw .damaged(path: file.path, why: "the checksum of the RAM at 0x\(address) is wrong")
    }

    private func firstWrongChunk(through buffer: UnsafeMutableRawBufferPointer) throws(HostError) -> Int? {
        for (index, (chunk, position)) in storedChunks().enumerated() {
            let end = position + UInt64(layout.range(of: chunk).count)
            let checksum = try RAMChecksum.of(position..<end, in: file, through: buffer)
            if checksum != checksums.littleEndian(at: index * 8) { return chunk }
        }
        return nil
    }
}
