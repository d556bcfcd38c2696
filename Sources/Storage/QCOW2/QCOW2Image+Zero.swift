// Zeroing ranges of an image, and giving their space back.
import HostOS

extension QCOW2Image {
    /// Makes a range read as zeros. The range is inside the disk, and the image may be written.
    func writeZeroes(at offset: UInt64, count: UInt64, _ refcounts: Refcounts) throws(HostError) {
        let end = offset + count
        let whole = wholeClusters(offset..<end)
        guard !whole.isEmpty else { return try writeZeroBytes(offset..<end, refcounts) }
        try writeZeroBytes(offset..<whole.lowerBound, refcounts)
        try clear(whole, refcounts, isDiscard: false)
        try writeZeroBytes(whole.upperBound..<end, refcounts)
    }

    /// Gives back the clusters that are wholly in the range; the rest stays as it is.
    func discard(at offset: UInt64, count: UInt64, _ refcounts: Refcounts) throws(HostError) {
        try clear(wholeClusters(offset..<offset + count), refcounts, isDiscard: true)
    }

    /// The clusters that are wholly in a range; the disk's last one may be shorter.
    private func wholeClusters(_ range: Range<UInt64>) -> Range<UInt64> {
        let start = geometry.offset(of: geometry.clusterCount(range.lowerBound))
        let isToEnd = range.upperBound == byteCount
        let end = isToEnd ? byteCount : range.upperBound - offsetInCluster(range.upperBound)
        return start < end ? start..<end : range.lowerBound..<range.lowerBound
    }

    /// Writes zeros to a part of one or two clusters, if they are not zeros anyway.
    private func writeZeroBytes(_ range: Range<UInt64>, _ refcounts: Refcounts) throws(HostError) {
        var position = range.lowerBound
        while position < range.upperBound {
            let end = min(clusterEnd(position), range.upperBound)
            if try !readsAsZero(position) {
                let zeros = MemorySlice.allocate(byteCount: Int(end - position), alignment: 4096)
                defer { zeros.deallocate() }
                zeros.clear()
                try write([zeros], at: position, refcounts)
            }
            position = end
        }
    }

    /// Makes whole clusters zeros, one table after the other.
    private func clear(_ range: Range<UInt64>, _ refcounts: Refcounts, isDiscard: Bool) throws(HostError) {
        var position = range.lowerBound
        while position < range.upperBound {
            let tableEnd = (position / geometry.bytesPerTable + 1) * geometry.bytesPerTable
            let end = min(tableEnd, range.upperBound)
            // Without a table there is nothing to give back, and perhaps nothing that is not zeros.
            if !hasZeroFlag && !isBareZero(position) {
                // Version 2 has no way to hide what the backing file has.
                if !isDiscard { try writeZeroBytes(position..<end, refcounts) }
            } else if mapping.hasTable(tableIndex(position)) || !isDiscard && !isBareZero(position) {
                try clearInTable(position..<end, refcounts, isDiscard: isDiscard)
            }
            position = end
        }
    }

    /// Makes whole clusters of one table zeros. What is not in this image stays when it is a discard:
    /// hiding the backing file's contents would cost space, not give it back.
    private func clearInTable(
        _ range: Range<UInt64>, _ refcounts: Refcounts, isDiscard: Bool
    ) throws(HostError) {
        let table = try tableToChange(range.lowerBound, refcounts)
        var position = range.lowerBound
        while position < range.upperBound {
            let index = entryIndex(position)
            let old = table[index]
            let new: QCOW2Entry = isBareZero(position) ? .unallocated : .zero(geometry)
            try checkOwned(old, position, refcounts)
            switch cluster(old) {
            case .zero: break
            case .unallocated where isDiscard || new == .unallocated: break
            default:
                table[index] = new
                try unlink(old)
            }
            position = clusterEnd(position)
        }
    }
}
