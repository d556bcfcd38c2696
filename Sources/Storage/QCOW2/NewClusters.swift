// A part of a write that goes to clusters which the disk did not have in this image before.
import HostOS

/// Bytes `position..<end` of the disk, in clusters that follow each other in one L2 table. What of the
/// first and the last cluster is not written is copied from what the disk had there.
struct NewClusters {
    let position: UInt64
    /// Where the write ends; `write` lowers it when there was no room for all in one place.
    private(set) var end: UInt64

    init(position: UInt64, end: UInt64) {
        self.position = position
        self.end = end
    }

    /// Writes the bytes that `cursor` has next, and maps them.
    mutating func write(
        _ cursor: inout SliceCursor, _ image: QCOW2Image, _ refcounts: Refcounts
    ) throws(HostError) {
        let geometry = image.geometry
        let first = geometry.cluster(at: position)
        let table = try image.tableToChange(position, refcounts)
        try check(table, image, refcounts)
        let run = try refcounts.allocate(atMost: Int(geometry.clusterCount(end) - first))
        end = min(end, geometry.offset(of: first + UInt64(run.count)))
        do {
            try writeData(cursor.take(Int(end - position)), to: geometry.offset(of: run.lowerBound), image)
        } catch {
            try refcounts.release(run)
            throw error
        }
        for (index, cluster) in run.enumerated() {
            let entry = image.entryIndex(position) + index
            let old = table[entry]
            table[entry] = .data(geometry.offset(of: cluster), geometry)
            // Zeros with a place, packed contents, and what a snapshot has too.
            try image.unlink(old)
        }
    }

    /// What the clusters were before must be fit to be given up; nothing was changed yet.
    private func check(_ table: L2Table, _ image: QCOW2Image, _ refcounts: Refcounts) throws(HostError) {
        var next = position
        while next < end {
            try image.checkOwned(table[image.entryIndex(next)], next, refcounts)
            next = image.clusterEnd(next)
        }
    }

    /// Writes whole clusters to `offset`, or less where the file is known to be zeros anyway.
    private func writeData(
        _ slices: [MemorySlice], to offset: UInt64, _ image: QCOW2Image
    ) throws(HostError) {
        let isFresh = offset >= image.store.end
        let before = try Padding(of: position - image.offsetInCluster(position)..<position, isFresh, image)
        let after = try Padding(of: end..<endOfLastCluster(image), isFresh, image)
        let all = before.slices + slices + after.slices
        let start = before.slices.isEmpty ? offset + image.offsetInCluster(position) : offset
        try image.store.write(all.map { UnsafeRawBufferPointer($0) }, at: start)
        withExtendedLifetime((before, after)) {}
    }

    private func endOfLastCluster(_ image: QCOW2Image) -> UInt64 { image.clusterEnd(end - 1) }
}

/// What the disk has beside a write, up to the edge of a cluster.
private final class Padding {
    private let memory: MemorySlice?

    var slices: [MemorySlice] { memory.map { [$0] } ?? [] }

    /// Reads `range`, except when nothing needs to be written for it.
    init(of range: Range<UInt64>, _ isFresh: Bool, _ image: QCOW2Image) throws(HostError) {
        guard try Padding.isNeeded(range, isFresh, image) else {
            memory = nil
            return
        }
        let bytes = MemorySlice.allocate(byteCount: range.count, alignment: 4096)
        memory = bytes
        bytes.clear()
        // The last cluster may go beyond the disk.
        let inside = min(range.upperBound, image.byteCount)
        guard range.lowerBound < inside else { return }
        let slice = MemorySlice(rebasing: bytes.prefix(Int(inside - range.lowerBound)))
        try image.read([slice], at: range.lowerBound)
    }

    private static func isNeeded(
        _ range: Range<UInt64>, _ isFresh: Bool, _ image: QCOW2Image
    ) throws(HostError) -> Bool {
        if range.isEmpty { return false }
        guard isFresh else { return true }
        return try !image.readsAsZero(range.lowerBound)
    }

    deinit { memory?.deallocate() }
}
