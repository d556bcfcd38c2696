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
        /// The whole cluster is packed in the file; the bytes start `skip` bytes into it.
        case packed(offset: UInt64, count: UInt64, skip: UInt64)
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
            case .packed(let offset, let length, let skip):
                try unpacker.read(into: piece, from: offset, count: length, skip: skip)
            }
            position += count
        }
    }

    /// The longest stretch that starts at `position`, ends at most at `end`, is mapped by one table, and
    /// is in one place.
    func stretch(from position: UInt64, to end: UInt64) throws(HostError) -> (Source, count: UInt64) {
        let tableEnd = (position / geometry.bytesPerTable + 1) * geometry.bytesPerTable
        let limit = min(end, tableEnd)
        guard let table = try table(position) else { return (unmapped, limit - position) }
        var (first, next) = try source(table, at: position)
        while next < limit, let expected = first.advanced(by: next - position) {
            let (source, end) = try source(table, at: next)
            guard source == expected else { break }
            next = end
        }
        return (first, min(next, limit) - position)
    }

    /// Where the cluster behind that of `position` starts.
    func clusterEnd(_ position: UInt64) -> UInt64 {
        position - offsetInCluster(position) + geometry.clusterByteCount
    }

    /// What no entry says anything of.
    private var unmapped: Source { backing == nil ? .zeros : .backing }

    /// Where one byte of the disk is, and up to where those behind it are in the same place.
    private func source(_ table: L2Table, at position: UInt64) throws(HostError) -> (Source, end: UInt64) {
        let end = clusterEnd(position)
        switch cluster(table[entryIndex(position)]) {
        case .unallocated: return (unmapped, end)
        case .zero: return (.zeros, end)
        case .data(let offset, _):
            guard offset < store.end else { throw malformed(position) }
            return (.file(offset: offset + offsetInCluster(position)), end)
        case .parts(let offset, let allocated, let zeros):
            guard allocated == 0 || offset < store.end else { throw malformed(position) }
            return part(at: position, offset, allocated, zeros)
        case .compressed(let offset, let count):
            guard offset < store.end else { throw malformed(position) }
            return (.packed(offset: offset, count: count, skip: offsetInCluster(position)), end)
        case .malformed: throw malformed(position)
        }
    }

    /// Where a byte is whose cluster is of several kinds.
    private func part(
        at position: UInt64, _ offset: UInt64, _ allocated: UInt32, _ zeros: UInt32
    ) -> (Source, end: UInt64) {
        let number = offsetInCluster(position) / geometry.subclusterByteCount
        let end = position - position % geometry.subclusterByteCount + geometry.subclusterByteCount
        let mask = UInt32(1) << UInt32(number)
        if zeros & mask != 0 { return (.zeros, end) }
        return (allocated & mask != 0 ? .file(offset: offset + offsetInCluster(position)) : unmapped, end)
    }

    func malformed(_ position: UInt64) -> HostError {
        .damagedImage(store.path, "the entry for byte \(position) of the disk makes no sense")
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
    /// Where the bytes are that follow `count` bytes later in the same stretch; nil when it ends with the cluster.
    fileprivate func advanced(by count: UInt64) -> Self? {
        switch self {
        case .file(let offset): .file(offset: offset + count)
        case .zeros, .backing: self
        // Each packed cluster is unpacked by itself.
        case .packed: nil
        }
    }
}
