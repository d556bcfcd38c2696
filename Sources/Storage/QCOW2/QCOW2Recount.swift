// The refcounts of an image that was not closed, counted anew.
import HostOS

/// Counts how often each cluster of the file is used, and makes the refcounts say that. QEMU leaves such images behind
/// when it dies with lazy refcounts: the mapping is right then, the refcounts are not.
struct QCOW2Recount {
    private let store: ImageStore
    private let header: QCOW2Header
    private let refcounts: Refcounts
    private let snapshots: QCOW2SnapshotTable
    private var counts: ReferenceCounts
    /// How often each cluster of a table must be used, and no more.
    private var tables: [UInt64: UInt32] = [:]

    private var geometry: QCOW2Geometry { header.geometry }

    init(_ store: ImageStore, _ header: QCOW2Header, _ refcounts: Refcounts, _ snapshots: QCOW2SnapshotTable) {
        self.store = store
        self.header = header
        self.refcounts = refcounts
        self.snapshots = snapshots
        counts = ReferenceCounts(maximum: header.geometry.maximumRefcount)
    }

    /// Corrects the refcounts, and clears the mark of an image that was not closed.
    /// - Returns: false when the mapping contradicts itself; nothing was written then.
    mutating func repair() throws(HostError) -> Bool {
        guard try countAll() else { return false }
        try correct()
        try refcounts.writeBlocks()
        try refcounts.writeMovedTable()
        try store.barrier()
        if try refcounts.writeLinks() { try store.barrier() }
        try refcounts.releaseUnlinked()
        try refcounts.writeBlocks()
        try store.barrier()
        let features = header.incompatibleFeatures & ~QCOW2Header.Feature.isDirty
        try store.write([features], 0..<1, ofTableAt: QCOW2Header.incompatibleField)
        try store.barrier()
        refcounts.cursor = 0
        return true
    }

    // MARK: Counting

    private mutating func countAll() throws(HostError) -> Bool {
        let l1 = header.l1Offset..<header.l1Offset + header.l1EntryCount * 8
        for range in [0..<1, l1] + snapshots.places where !range.isEmpty { addTable(geometry.clusters(range)) }
        for cluster in refcounts.tableClusters { addTable(cluster...cluster) }
        for cluster in refcounts.blockClusters ?? [] { addTable(cluster...cluster) }
        let active = try words(l1)
        // Several roots may have one table: what is in it counts for each of them.
        var roots: [UInt64: UInt32] = [:]
        for table in active + (try snapshots.list.flatMapWords(store)) where table != 0 {
            guard let offset = QCOW2Word.tableOffset(table, geometry), offset < store.end else { return false }
            roots[offset, default: 0] += 1
        }
        for (offset, count) in roots {
            tables[geometry.cluster(at: offset), default: 0] += count
            guard counts.add(geometry.cluster(at: offset), count), try countTable(offset, count) else { return false }
        }
        guard tables.allSatisfy({ counts[$0.key] == $0.value }) else { return false }
        return try flagsAreRight(active)
    }

    private mutating func addTable(_ clusters: ClosedRange<UInt64>) {
        for cluster in clusters {
            tables[cluster, default: 0] += 1
            _ = counts.add(cluster, 1)
        }
    }

    private func words(_ range: Range<UInt64>) throws(HostError) -> [UInt64] {
        try store.words(at: range.lowerBound, count: Int((range.upperBound - range.lowerBound) / 8))
    }

    private func table(_ offset: UInt64) throws(HostError) -> L2Table {
        let words = try store.words(at: offset, count: geometry.wordsPerTable)
        return L2Table(offset: offset, words: words, wordsPerEntry: geometry.wordsPerEntry)
    }

    private mutating func countTable(_ offset: UInt64, _ count: UInt32) throws(HostError) -> Bool {
        let table = try table(offset)
        for index in 0..<geometry.entriesPerTable {
            let entry = table[index]
            switch QCOW2Word.cluster(entry, geometry, hasZeroFlag: header.version >= 3) {
            case .malformed: return false
            case .compressed(let offset, let byteCount):
                guard offset < store.end else { return false }
                for cluster in geometry.clusters(offset..<offset + byteCount) {
                    guard counts.add(cluster, count) else { return false }
                }
            default:
                let offset = entry.word & QCOW2Word.offsetMask
                guard offset < store.end, offset == 0 || counts.add(geometry.cluster(at: offset), count) else {
                    return false
                }
            }
        }
        return true
    }

    /// What may be written in place has one user only.
    private func flagsAreRight(_ active: [UInt64]) throws(HostError) -> Bool {
        func isRight(_ word: UInt64) -> Bool {
            word & QCOW2Word.isOnlyUser == 0 || counts[geometry.cluster(at: word & QCOW2Word.offsetMask)] == 1
        }
        for word in active where word != 0 {
            guard isRight(word) else { return false }
            let table = try table(word & QCOW2Word.offsetMask)
            for index in 0..<geometry.entriesPerTable where table[index].word & QCOW2Word.isCompressed == 0 {
                guard isRight(table[index].word) else { return false }
            }
        }
        return true
    }

    // MARK: Correcting

    private func correct() throws(HostError) {
        let end = max(geometry.clusterCount(store.end), counts.end)
        // New blocks must not go where something is that was not counted yet.
        refcounts.cursor = end
        try refcounts.growTable(forClusters: 0)
        for region in 0...refcounts.region(of: end - 1) {
            let first = UInt64(region) << geometry.regionBits
            let last = min(first + 1 << geometry.regionBits, end)
            if try refcounts.block(region) == nil {
                guard counts.mayHave(first..<last) else { continue }
                var place = end
                try refcounts.makeBlock(region, after: &place)
            }
            for cluster in first..<last {
                try refcounts.correct(cluster, to: UInt64(counts[cluster]))
            }
        }
    }
}

/// How often each cluster is used, for the parts of a file that have any that is.
struct ReferenceCounts {
    private var pages: [UInt64: [UInt32]] = [:]
    /// Behind the last cluster that is used.
    private(set) var end: UInt64 = 0

    /// What the refcounts of the image can say.
    private let maximum: UInt64

    init(maximum: UInt64) { self.maximum = maximum }

    private static let pageBits: UInt64 = 9
    /// 512 MiB of memory: a file of 8 TiB with clusters of 64 KiB.
    private static let maximumPages = 1 << 18

    subscript(cluster: UInt64) -> UInt32 {
        pages[cluster >> Self.pageBits]?[Int(cluster & (1 << Self.pageBits - 1))] ?? 0
    }

    /// False when there are too many users, or too many clusters far from each other.
    mutating func add(_ cluster: UInt64, _ count: UInt32) -> Bool {
        let (page, index) = (cluster >> Self.pageBits, Int(cluster & (1 << Self.pageBits - 1)))
        if pages[page] == nil {
            guard pages.count < Self.maximumPages else { return false }
            pages[page] = [UInt32](repeating: 0, count: 1 << Int(Self.pageBits))
        }
        let (sum, overflows) = self[cluster].addingReportingOverflow(count)
        pages[page]?[index] = sum
        end = max(end, cluster + 1)
        return !overflows && UInt64(sum) <= maximum
    }

    /// False when none of these clusters is used.
    func mayHave(_ clusters: Range<UInt64>) -> Bool {
        let (first, last) = (clusters.lowerBound >> Self.pageBits, (clusters.upperBound - 1) >> Self.pageBits)
        return (first...last).contains { pages[$0] != nil }
    }
}

extension [QCOW2Snapshot] {
    /// The entries of the L1 tables of all of them.
    fileprivate func flatMapWords(_ store: ImageStore) throws(HostError) -> [UInt64] {
        var words: [UInt64] = []
        for snapshot in self { words += try store.words(at: snapshot.l1Offset, count: Int(snapshot.l1EntryCount)) }
        return words
    }
}
