// Reading an image: where the bytes of a range are, and getting them from there.
import HostOS
import MachineCore

extension QCOW2Image {
    /// Where the bytes of a stretch of the disk are.
    enum Source: Equatable {
        /// In the file, one after the other.
        case file(offset: UInt64)
        case zeros
        case backing
    }

    /// Fills `slices` from the disk. The range is inside it.
    func read(_ slices: [MemorySlice], at offset: UInt64) throws(HostError) {
        var cursor = SliceCursor(slices)
        var position = offset
        let end = offset + UInt64(slices.byteCount)
        while position < end {
            let (source, count) = try stretch(from: position, to: end)
            let piece = cursor.take(Int(count))
            switch source {
            case .file(let offset): try store.read(into: piece, at: offset)
            case .zeros: piece.forEach { $0.clear() }
            case .backing: try readBacking(piece, at: position)
            }
            position += count
        }
    }

    /// The longest stretch that starts at `position`, ends at most at `end`, is mapped by one table, and
    /// is in one place.
    private func stretch(from position: UInt64, to end: UInt64) throws(HostError) -> (Source, count: UInt64) {
        let tableEnd = (position / geometry.bytesPerTable + 1) * geometry.bytesPerTable
        let limit = min(end, tableEnd)
        guard let table = try table(position) else { return (unmapped, limit - position) }
        let first = try source(table, at: position)
        var next = clusterEnd(position)
        while next < limit {
            let expected = first.advanced(by: next - position)
            guard try source(table, at: next) == expected else { break }
            next = clusterEnd(next)
        }
        return (first, min(next, limit) - position)
    }

    /// Where the cluster behind that of `position` starts.
    func clusterEnd(_ position: UInt64) -> UInt64 {
        position - offsetInCluster(position) + geometry.clusterByteCount
    }

    /// What no entry says anything of.
    private var unmapped: Source { backing == nil ? .zeros : .backing }

    /// Where one byte of the disk is.
    private func source(_ table: L2Table, at position: UInt64) throws(HostError) -> Source {
        let word = table[entryIndex(position)]
        switch cluster(word) {
        case .unallocated: return unmapped
        case .zero: return .zeros
        case .data(let offset, _):
            guard offset < store.end else { throw malformed(position) }
            return .file(offset: offset + offsetInCluster(position))
        case .compressed: throw compressed(position)
        case .malformed: throw malformed(position)
        }
    }

    func malformed(_ position: UInt64) -> HostError {
        .damagedImage(store.path, "the entry for byte \(position) of the disk makes no sense")
    }

    func compressed(_ position: UInt64) -> HostError {
        .unsupportedCluster(store.path, "the compressed cluster at byte \(position) of the disk")
    }

    /// Reads from the backing file; behind its end are zeros.
    private func readBacking(_ slices: [MemorySlice], at position: UInt64) throws(HostError) {
        guard let backing else { return }
        let there = backing.byteCount > position ? backing.byteCount - position : 0
        var cursor = SliceCursor(slices)
        let inside = cursor.take(Int(min(there, UInt64(slices.byteCount))))
        if !inside.isEmpty { try backing.perform(.read(offset: position, into: inside.segments)) }
        cursor.take(.max).forEach { $0.clear() }
    }

    /// A cluster without entry reads as zeros, as there is nothing below it.
    func isBareZero(_ position: UInt64) -> Bool {
        guard let backing else { return true }
        return position - offsetInCluster(position) >= backing.byteCount
    }
}

extension QCOW2Image.Source {
    /// Where the bytes are that follow `count` bytes later in the same stretch.
    fileprivate func advanced(by count: UInt64) -> Self {
        guard case .file(let offset) = self else { return self }
        return .file(offset: offset + count)
    }
}
