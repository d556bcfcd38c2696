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
        let entry = table[entryIndex(position)]
        try checkOwned(entry, position, refcounts)
        guard case .data(let offset, isOnlyUser: true) = cluster(entry) else { return nil }
        return offset + offsetInCluster(position)
    }

    /// What guest data is written to, or what is given up, must be in the file, be no table, and be counted: where
    /// the refcounts say otherwise, the image is damaged, and the cluster may be somebody else's.
    func checkOwned(_ entry: QCOW2Entry, _ position: UInt64, _ refcounts: Refcounts) throws(HostError) {
        let range: Range<UInt64>
        var isOnlyUser = false
        switch cluster(entry) {
        case .malformed: throw malformed(position)
        case .compressed(let offset, let count): range = offset..<min(offset + count, max(store.end, offset + 1))
        default:
            let offset = entry.word & QCOW2Word.offsetMask
            if offset == 0 { return }
            range = offset..<offset + 1
            isOnlyUser = entry.word & QCOW2Word.isOnlyUser != 0
        }
        guard range.lowerBound < store.end else { throw malformed(position) }
        for cluster in geometry.clusters(range) {
            let count = try refcounts.refcount(of: cluster)
            guard count > 0, count == 1 || !isOnlyUser, !refcounts.metadata.contains(cluster) else {
                throw malformed(position)
            }
        }
    }

    /// Where the clusters end that are to be new, from that of `position` on and mapped by one table.
    private func endOfHole(from position: UInt64, to end: UInt64) throws(HostError) -> UInt64 {
        let table = try table(position)
        var next = clusterEnd(position)
        while next < end, tableIndex(next) == tableIndex(position) {
            if let table, case .data(_, isOnlyUser: true) = cluster(table[entryIndex(next)]) { break }
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
