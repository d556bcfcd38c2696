// The L1 table and the L2 tables in memory of one image.
import HostOS

/// From clusters of the disk to words that say where they are. What changes stays in memory until
/// `writeNewTables` and, behind a barrier, `writeLinks`.
final class QCOW2Mapping {
    private let store: ImageStore
    private let geometry: QCOW2Geometry
    private let l1Offset: UInt64
    private var l1: [UInt64]
    private var cache: TableCache<L2Table>

    /// L2 tables in memory, in bytes: they map 16 GiB of disk with clusters of 64 KiB.
    private static let cacheByteCount: UInt64 = 2 << 20

    /// Reads the L1 table, whose size and place were checked.
    init(_ store: ImageStore, _ header: QCOW2Header, cacheByteCount: UInt64?) throws(HostError) {
        self.store = store
        geometry = header.geometry
        l1Offset = header.l1Offset
        l1 = try store.words(at: header.l1Offset, count: Int(header.l1EntryCount))
        let bytes = cacheByteCount ?? QCOW2Mapping.cacheByteCount
        cache = TableCache(byteCount: bytes, tableByteCount: geometry.clusterByteCount)
    }

    /// The clusters of all L2 tables that an L1 table leads to; nil when one of its entries makes no sense.
    static func tableClusters(_ l1: [UInt64], _ geometry: QCOW2Geometry, mayBeShared: Bool) -> [UInt64]? {
        var clusters: [UInt64] = []
        for word in l1 where word != 0 {
            guard let offset = QCOW2Word.tableOffset(word, geometry),
                mayBeShared || word & QCOW2Word.isOnlyUser != 0
            else { return nil }
            clusters.append(geometry.cluster(at: offset))
        }
        return clusters
    }

    /// The clusters of all L2 tables; nil when an L1 entry makes no sense.
    /// - Parameter mayBeShared: an internal snapshot may have the same table.
    func tableClusters(mayBeShared: Bool) -> [UInt64]? {
        Self.tableClusters(l1, geometry, mayBeShared: mayBeShared)
    }

    /// There are changes that the file does not have.
    var isDirty: Bool { cache.hasDirty }

    /// The L1 table leads to an L2 table.
    func hasTable(_ index: Int) -> Bool { l1[index] != 0 }

    /// An internal snapshot has the same L2 table, so it must not be changed.
    func isShared(_ index: Int) -> Bool { l1[index] != 0 && l1[index] & QCOW2Word.isOnlyUser == 0 }

    /// A table that is in memory.
    func cachedTable(_ index: Int) -> L2Table? { cache.find(index) }

    /// Makes room for one more table; false when all tables have changes.
    func makeRoom() -> Bool { !cache.isFull || cache.evictOldestClean() }

    /// Reads the L2 table that L1 entry `index` leads to; nil when there is none.
    /// - Throws: `HostError`, also when the table is not in the file.
    func load(_ index: Int) throws(HostError) -> L2Table? {
        guard l1[index] != 0 else { return nil }
        guard let offset = QCOW2Word.tableOffset(l1[index], geometry), offset < store.end else {
            throw .damagedImage(store.path, "its L1 entry \(index) leads nowhere")
        }
        let words = try store.words(at: offset, count: geometry.wordsPerTable)
        let table = L2Table(offset: offset, words: words, wordsPerEntry: geometry.wordsPerEntry)
        cache.insert(table, at: index)
        return table
    }

    /// Puts a new table at `offset`, which was allocated; a copy of `original`, if there is one.
    func addTable(_ index: Int, at offset: UInt64, copyOf original: L2Table? = nil) -> L2Table {
        let words = original?.words ?? [UInt64](repeating: 0, count: geometry.wordsPerTable)
        let table = L2Table(newAt: offset, words: words, wordsPerEntry: geometry.wordsPerEntry)
        l1[index] = offset | QCOW2Word.isOnlyUser
        cache.insert(table, at: index)
        return table
    }

    /// Writes tables that nothing in the file leads to yet.
    func writeNewTables() throws(HostError) {
        for (_, table) in cache.dirty where table.isNew {
            try store.write(table.words, 0..<table.words.count, ofTableAt: table.offset)
        }
    }

    /// Writes what makes clusters and new tables part of the disk.
    func writeLinks() throws(HostError) {
        for (index, table) in cache.dirty {
            if table.isNew {
                try store.write(l1, index..<index + 1, ofTableAt: l1Offset)
            } else if let changed = table.changed {
                try store.write(table.words, changed, ofTableAt: table.offset)
            }
            table.becomeClean()
        }
    }
}
