// Writing an image: in place where it may be, otherwise into new clusters.
import HostOS

extension QCOW2Image {
    /// Writes `slices` to the disk. The range is inside it, and the image may be written.
    func write(_ slices: [MemorySlice], at offset: UInt64, _ refcounts: Refcounts) throws(HostError) {
        var cursor = SliceCursor(slices)
        var position = offset
        let end = offset + UInt64(slices.byteCount)
        while position < end {
            let inPlace = try stretchInPlace(from: position, to: end, refcounts)
            if inPlace.count > 0 {
                let piece = cursor.take(Int(inPlace.count)).map { UnsafeRawBufferPointer($0) }
                try store.write(piece, at: inPlace.offset)
                position += inPlace.count
            } else {
                var piece = NewClusters(position: position, end: try endOfHole(from: position, to: end))
                try piece.write(&cursor, self, refcounts)
                position = piece.end
            }
        }
    }

    /// The longest stretch from `position` on whose clusters are in the file one after the other and may
    /// be overwritten; empty when the first one must be new.
    private func stretchInPlace(
        from position: UInt64, to end: UInt64, _ refcounts: Refcounts
    ) throws(HostError) -> (offset: UInt64, count: UInt64) {
        guard let table = try table(position),
            let start = try offsetInPlace(table, position, refcounts)
        else { return (0, 0) }
        var next = clusterEnd(position)
        while next < end, tableIndex(next) == tableIndex(position) {
            guard try offsetInPlace(table, next, refcounts) == start + (next - position) else { break }
            next = clusterEnd(next)
        }
        return (start, min(next, end) - position)
    }

    /// Where a byte of the disk may be overwritten; nil when its cluster must be new.
    private func offsetInPlace(
        _ table: L2Table, _ position: UInt64, _ refcounts: Refcounts
    ) throws(HostError) -> UInt64? {
        switch cluster(table[entryIndex(position)]) {
        case .unallocated, .zero: return nil
        case .data(let offset, let isOnlyUser):
            try checkOwned(offset, isOnlyUser, position, refcounts)
            return offset + offsetInCluster(position)
        case .compressed: throw compressed(position)
        case .malformed: throw malformed(position)
        }
    }

    /// A cluster that guest data is written to, or that is freed, must be in the file, and not be used for
    /// anything else.
    func checkOwned(
        _ offset: UInt64, _ isOnlyUser: Bool, _ position: UInt64, _ refcounts: Refcounts
    ) throws(HostError) {
        guard offset < store.end, !refcounts.metadata.contains(geometry.cluster(at: offset)) else {
            throw malformed(position)
        }
        guard isOnlyUser else {
            throw .damagedImage(store.path, "the cluster of byte \(position) of the disk has several users")
        }
    }

    /// Where the clusters end that are to be new, from that of `position` on and mapped by one table.
    private func endOfHole(from position: UInt64, to end: UInt64) throws(HostError) -> UInt64 {
        let table = try table(position)
        var next = clusterEnd(position)
        while next < end, tableIndex(next) == tableIndex(position) {
            if let table {
                guard [.unallocated, .zero].contains(cluster(table[entryIndex(next)])) else { break }
            }
            next = clusterEnd(next)
        }
        return min(next, end)
    }

    /// The cluster of a byte reads as zeros, and is not in the file.
    func readsAsZero(_ position: UInt64) throws(HostError) -> Bool {
        guard let table = try table(position) else { return isBareZero(position) }
        switch cluster(table[entryIndex(position)]) {
        case .unallocated: return isBareZero(position)
        case .zero: return true
        default: return false
        }
    }
}
