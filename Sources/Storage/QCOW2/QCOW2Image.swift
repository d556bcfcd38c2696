// A qcow2 image that is open: its parts, and the order in which they reach the medium.
import HostOS

/// The mapping, the refcounts and the bytes of one image. For one thread at a time.
///
/// Guest data goes to the file at once; what leads to it stays in memory until `commit`, which takes
/// care that after a crash at any moment nothing in the file leads to what is not there.
final class QCOW2Image {
    let store: ImageStore
    let geometry: QCOW2Geometry
    /// The size of the disk.
    let byteCount: UInt64
    /// Entries may say that a cluster is zeros.
    let hasZeroFlag: Bool
    let mapping: QCOW2Mapping
    /// Only of an image that may be written.
    let refcounts: Refcounts?
    let backing: (any SynchronousDisk)?
    let unpacker: ClusterUnpacker

    /// Freed clusters are remembered one by one, so not without end.
    private static let maximumUnlinked = 1 << 16

    init(
        _ store: ImageStore, _ header: QCOW2Header, mapping: QCOW2Mapping, refcounts: Refcounts?,
        backing: (any SynchronousDisk)?
    ) {
        self.store = store
        geometry = header.geometry
        byteCount = header.byteCount
        hasZeroFlag = header.version >= 3
        self.mapping = mapping
        self.refcounts = refcounts
        self.backing = backing
        unpacker = ClusterUnpacker(store, header)
    }

    /// Makes all writes durable.
    func flush() throws(HostError) {
        if mapping.isDirty || refcounts?.isDirty == true { try commit() } else { try store.barrier() }
    }

    /// Writes all metadata. First what nothing leads to yet, and the guest's data; then what leads to new
    /// refcount blocks; then what leads to new clusters and tables. Last come the clusters that nothing
    /// leads to any more: a crash before that only leaks them.
    func commit() throws(HostError) {
        guard let refcounts else { return }
        try refcounts.writeBlocks()
        try refcounts.writeMovedTable()
        try mapping.writeNewTables()
        try store.barrier()
        if try refcounts.writeLinks() { try store.barrier() }
        if mapping.isDirty {
            try mapping.writeLinks()
            try store.barrier()
        }
        try refcounts.releaseUnlinked()
        try refcounts.writeBlocks()
    }

    /// Notes that this image's disk does not lead to a cluster any more.
    func unlink(_ offset: UInt64) throws(HostError) {
        guard let refcounts else { return }
        refcounts.unlink(geometry.cluster(at: offset))
        if refcounts.unlinkedCount >= QCOW2Image.maximumUnlinked { try commit() }
    }

    /// Notes that nothing leads any more to what an entry led to; `checkOwned` has looked at it.
    func unlink(_ old: QCOW2Entry) throws(HostError) {
        if case .compressed(let offset, let count) = cluster(old) {
            unpacker.forget()
            for cluster in geometry.clusters(offset..<offset + count) { try unlink(geometry.offset(of: cluster)) }
        } else if old.word & QCOW2Word.offsetMask != 0 {
            try unlink(old.word & QCOW2Word.offsetMask)
        }
    }
}

extension QCOW2Image {
    /// The L1 entry for a byte of the disk.
    func tableIndex(_ position: UInt64) -> Int { Int(position / geometry.bytesPerTable) }

    /// The L2 entry for a byte of the disk.
    func entryIndex(_ position: UInt64) -> Int {
        Int(geometry.cluster(at: position) & UInt64(geometry.entriesPerTable - 1))
    }

    /// Where in its cluster a byte is.
    func offsetInCluster(_ position: UInt64) -> UInt64 { position & (geometry.clusterByteCount - 1) }

    /// The L2 table for a byte of the disk; nil when it is not mapped.
    func table(_ position: UInt64) throws(HostError) -> L2Table? {
        let index = tableIndex(position)
        if let table = mapping.cachedTable(index) { return table }
        guard mapping.hasTable(index) else { return nil }
        try makeRoom()
        return try mapping.load(index)
    }

    /// The L2 table for a byte of the disk, which is made when there is none, and copied when a snapshot has it.
    func tableToChange(_ position: UInt64, _ refcounts: Refcounts) throws(HostError) -> L2Table {
        let old = try table(position)
        if let old, !mapping.isShared(tableIndex(position)) { return old }
        if old == nil { try makeRoom() }
        let run = try refcounts.allocate(atMost: 1)
        guard refcounts.metadata.insert(run) else {
            throw .damagedImage(store.path, "cluster \(run.lowerBound) is used and free")
        }
        let new = mapping.addTable(tableIndex(position), at: geometry.offset(of: run.lowerBound), copyOf: old)
        if let old { try unlink(old.offset) }
        return new
    }

    func cluster(_ entry: QCOW2Entry) -> QCOW2Cluster {
        QCOW2Word.cluster(entry, geometry, hasZeroFlag: hasZeroFlag)
    }

    private func makeRoom() throws(HostError) {
        if mapping.makeRoom() { return }
        try commit()
        _ = mapping.makeRoom()
    }
}
