// Writing a RAM layer: the contents while the guest is paused, the rest when it runs again.
import HostOS
import StateCodec

/// A RAM layer that is about to be written.
struct RAMLayerWriter: Sendable {
    private let file: File
    private let layout: RAMLayout
    private let number: UInt64

    /// Makes the file.
    init(creating path: String, layout: RAMLayout, number: UInt64) throws(HostError) {
        file = try File(creating: path)
        self.layout = layout
        self.number = number
    }

    /// Writes the chunks that are not zero into the page cache, without waiting for the medium. Nobody
    /// may change RAM meanwhile.
    /// - Parameters:
    ///   - ram: as many bytes as the layout says.
    ///   - isDirty: whether something in this range of bytes of RAM may differ from the parent; nil when
    ///     there is no parent to compare with.
    func capture(
        _ ram: UnsafeRawPointer, isDirty: ((Range<UInt64>) -> Bool)?
    ) throws(HostError) -> CapturedRAMLayer {
        var kinds = [UInt8](repeating: RAMChunkKind.absent.rawValue, count: layout.chunkCount)
        var gatherer = Gatherer(file: file, offset: RAMLayerHeader.dataOffset)
        for chunk in 0..<layout.chunkCount {
            let range = layout.range(of: chunk)
            if let isDirty, !isDirty(range) { continue }
            let bytes = UnsafeRawBufferPointer(start: ram + Int(range.lowerBound), count: range.count)
            if Self.isZero(bytes) {
                kinds[chunk] = RAMChunkKind.zero.rawValue
            } else {
                kinds[chunk] = RAMChunkKind.stored.rawValue
                try gatherer.append(bytes)
            }
        }
        try gatherer.flush()
        return CapturedRAMLayer(
            file: file, layout: layout, number: number, kinds: kinds, dataEnd: gatherer.offset)
    }

    /// Memory that begins with zeros and is equal to itself one word further on is all zeros; comparing
    /// is as fast as reading, and ends at the first byte that is not.
    private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, bytes.count > 8 else { return bytes.allSatisfy { $0 == 0 } }
        return start.loadUnaligned(as: UInt64.self) == 0
            && MemoryComparison.areEqual(start, start + 8, count: bytes.count - 8)
    }
}

/// Collects pieces of memory for few large writes, small enough that what was just looked at is still in
/// the processor's cache when the kernel copies it.
private struct Gatherer {
    let file: File
    /// Where the next write goes.
    private(set) var offset: UInt64
    private var segments: [UnsafeRawBufferPointer] = []
    private var pending = 0
    private static let limit = 1 << 20

    init(file: File, offset: UInt64) {
        self.file = file
        self.offset = offset
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(HostError) {
        if let last = segments.last, let start = last.baseAddress, start + last.count == bytes.baseAddress {
            let count = last.count + bytes.count
            segments[segments.count - 1] = UnsafeRawBufferPointer(start: start, count: count)
        } else {
            segments.append(bytes)
        }
        pending += bytes.count
        if pending >= Self.limit { try flush() }
    }

    mutating func flush() throws(HostError) {
        try file.write(segments, at: offset)
        offset += UInt64(pending)
        segments.removeAll(keepingCapacity: true)
        pending = 0
    }
}

/// A RAM layer whose chunks are written, but neither its checksums nor its header; the guest may go on.
struct CapturedRAMLayer: Sendable {
    fileprivate let file: File
    fileprivate let layout: RAMLayout
    fileprivate let number: UInt64
    fileprivate let kinds: [UInt8]
    fileprivate let dataEnd: UInt64

    /// Chunks of the parent show through.
    var hasAbsentChunks: Bool { kinds.contains(RAMChunkKind.absent.rawValue) }

    /// Computes the checksums, completes the file and waits until it is on the medium.
    func finish() throws(HostError) -> SnapshotManifest.FileFacts {
        let checksums = try checksums()
        var tables = kinds
        for checksum in checksums { tables.append(littleEndian: checksum) }
        let header = RAMLayerHeader(
            layout: layout, number: number, storedCount: checksums.count,
            fileByteCount: dataEnd + UInt64(tables.count), tablesChecksum: RAMChecksum.of(tables)
        ).encoded()
        try Self.write(tables, to: file, at: dataEnd)
        try Self.write(header, to: file, at: 0)
        try file.synchronizeData()
        return SnapshotManifest.FileFacts(
            byteCount: dataEnd + UInt64(tables.count), StateHash(hashing: header))
    }

    /// Those of the stored chunks, which the kernel still has in memory.
    private func checksums() throws(HostError) -> [UInt64] {
        try RAMChecksum.withBuffer { buffer throws(HostError) in
            var checksums: [UInt64] = []
            var position = RAMLayerHeader.dataOffset
            for chunk in 0..<kinds.count where kinds[chunk] == RAMChunkKind.stored.rawValue {
                let end = position + UInt64(layout.range(of: chunk).count)
                checksums.append(try RAMChecksum.of(position..<end, in: file, through: buffer))
                position = end
            }
            return checksums
        }
    }

    private static func write(_ bytes: [UInt8], to file: File, at offset: UInt64) throws(HostError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes)
        try file.write([UnsafeRawBufferPointer(copy)], at: offset)
    }
}
