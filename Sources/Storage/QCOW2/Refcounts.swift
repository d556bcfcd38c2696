// The refcount table and the refcount blocks in memory of one image.
import HostOS

/// Which clusters of the file are used. Blocks may be written whenever there is time: a cluster counts as
/// used before anything leads to it, and as free only after nothing in the file leads to it any more.
final class Refcounts {
    let store: ImageStore
    let geometry: QCOW2Geometry
    let metadata: MetadataMap
    /// Offsets of blocks by region, 0 where a region has none.
    var table: [UInt64]
    /// Where in the file the table is.
    var tableOffset: UInt64
    /// The entries of the table that the file does not have yet.
    var changedEntries: Set<Int> = []
    /// The table is at another place than the file's header says.
    var isTableMoved = false
    /// No cluster before this one is free.
    var cursor: UInt64 = 0
    /// Clusters that are free as soon as nothing in the file leads to them.
    private var unlinked: [UInt64] = []
    private var cache: TableCache<RefcountBlock>

    /// Refcount blocks in memory, in bytes: they describe 32 GiB of file with clusters of 64 KiB.
    private static let cacheByteCount: UInt64 = 1 << 20

    /// Reads the refcount table, whose size and place were checked.
    init(
        _ store: ImageStore, _ header: QCOW2Header, _ metadata: MetadataMap, cacheByteCount: UInt64?
    ) throws(HostError) {
        self.store = store
        self.metadata = metadata
        geometry = header.geometry
        tableOffset = header.refcountTableOffset
        let count = header.refcountTableClusters << UInt64(geometry.clusterBits - 3)
        table = try store.words(at: tableOffset, count: Int(count))
        let bytes = cacheByteCount ?? Refcounts.cacheByteCount
        cache = TableCache(byteCount: bytes, tableByteCount: geometry.clusterByteCount)
    }

    /// The clusters of all refcount blocks; nil when an entry of the table makes no sense.
    var blockClusters: [UInt64]? {
        let offsets = table.filter { $0 != 0 }
        guard offsets.allSatisfy({ geometry.isAligned($0) && $0 < store.end }) else { return nil }
        return offsets.map(geometry.cluster)
    }

    /// The clusters of the table itself.
    var tableClusters: Range<UInt64> {
        let first = geometry.cluster(at: tableOffset)
        return first..<first + geometry.clusterCount(UInt64(table.count) * 8)
    }

    /// There are changes that the file does not have.
    var isDirty: Bool { isTableMoved || !changedEntries.isEmpty || !unlinked.isEmpty || cache.hasDirty }

    var unlinkedCount: Int { unlinked.count }

    func region(of cluster: UInt64) -> Int { Int(cluster >> geometry.regionBits) }

    /// The place of a cluster's refcount in its block.
    func index(of cluster: UInt64) -> Int { Int(cluster & ((1 << geometry.regionBits) - 1)) }

    /// The block of a region; nil when all its clusters are free.
    func block(_ region: Int) throws(HostError) -> RefcountBlock? {
        guard region < table.count, table[region] != 0 else { return nil }
        if let block = cache.find(region) { return block }
        let bytes = try store.bytes(at: table[region], count: Int(geometry.clusterByteCount))
        let block = RefcountBlock(
            offset: table[region], bytes: bytes, order: geometry.refcountOrder, isDirty: false)
        try add(block, region)
        return block
    }

    func add(_ block: RefcountBlock, _ region: Int) throws(HostError) {
        if cache.isFull && !cache.evictOldestClean() {
            try writeBlocks()
            _ = cache.evictOldestClean()
        }
        cache.insert(block, at: region)
    }

    func refcount(of cluster: UInt64) throws(HostError) -> UInt64 {
        try block(region(of: cluster))?[index(of: cluster)] ?? 0
    }

    /// Sets the refcount of a cluster whose region has a block.
    func correct(_ cluster: UInt64, to count: UInt64) throws(HostError) {
        guard let block = try block(region(of: cluster)), block[index(of: cluster)] != count else { return }
        block[index(of: cluster)] = count
    }

    /// Writes all changed blocks, in any order.
    func writeBlocks() throws(HostError) {
        for (_, block) in cache.dirty {
            try store.write(block.bytes, at: block.offset)
            block.becomeClean()
        }
    }
}

extension Refcounts {
    /// Takes back clusters that were allocated and that nothing leads to.
    func release(_ clusters: Range<UInt64>) throws(HostError) {
        for cluster in clusters { _ = try releaseOne(cluster) }
    }

    /// Notes that memory no longer leads to `cluster`; the file still does.
    func unlink(_ cluster: UInt64) { unlinked.append(cluster) }

    /// Frees what was unlinked and what nobody else uses. The file must not lead there any more, and never again.
    func releaseUnlinked() throws(HostError) {
        var freed: [UInt64] = []
        while let last = unlinked.last {
            if try releaseOne(last) {
                metadata.remove(last..<last + 1)
                freed.append(last)
            }
            unlinked.removeLast()
        }
        giveBack(freed.sorted())
    }

    /// Gives the space of clusters back to the host, with one request for all that lie together.
    private func giveBack(_ clusters: [UInt64]) {
        var rest = clusters[...]
        while let first = rest.popFirst() {
            var end = first + 1
            while rest.first == end {
                rest.removeFirst()
                end += 1
            }
            store.giveBack(geometry.offset(of: first)..<geometry.offset(of: end))
        }
    }

    /// Takes one use of a cluster back; true when that was the last one.
    private func releaseOne(_ cluster: UInt64) throws(HostError) -> Bool {
        guard let block = try block(region(of: cluster)) else { return false }
        let count = block[index(of: cluster)]
        guard count > 0 else { return false }
        block[index(of: cluster)] = count - 1
        if count == 1 { cursor = min(cursor, cluster) }
        return count == 1
    }
}
