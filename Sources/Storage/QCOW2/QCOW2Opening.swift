// From an open file to an image whose tables were checked.
import HostOS

/// The steps of opening one image.
struct QCOW2Opening {
    let file: any HostImage
    let readOnly: Bool
    let cacheByteCount: UInt64?
    /// The internal snapshot to read, by its number or name; nil for the disk as it is now.
    var snapshot: String?

    private var path: String { file.path }

    /// Reads and checks header and tables, and opens the backing file.
    func image(_ chain: QCOW2BackingChain) throws(QCOW2Error) -> QCOW2Image {
        try image { header throws(QCOW2Error) in
            guard let name = header.backingName else { return nil }
            return try chain.open(name, format: header.backingFormat, of: path)
        }
    }

    /// Reads and checks header and tables.
    /// - Parameter openBacking: gives what is below the image, whatever that names.
    func image(
        _ openBacking: (QCOW2Header) throws(QCOW2Error) -> (any SynchronousDisk)?
    ) throws(QCOW2Error) -> QCOW2Image {
        let store = try host { () throws(HostError) in try ImageStore(file) }
        var header = try readHeader(store)
        try header.checkReadable(path, fileEnd: store.end)
        let snapshots = try snapshots(store, header)
        if let snapshot { try header.take(snapshot, of: snapshots.list, path, fileEnd: store.end) }
        if !readOnly { try header.checkWritable(path) }
        let mapping = try host { () throws(HostError) in
            try QCOW2Mapping(store, header, cacheByteCount: cacheByteCount)
        }
        let refcounts = readOnly ? nil : try readRefcounts(store, header, mapping, snapshots)
        let backing = try openBacking(header)
        if let refcounts {
            if header.incompatibleFeatures & QCOW2Header.Feature.isDirty != 0 {
                try recount(QCOW2Recount(store, header, refcounts, snapshots), header)
            }
            try clearFeatures(store, header)
        }
        return QCOW2Image(store, header, mapping: mapping, refcounts: refcounts, backing: backing)
    }

    /// The header says how large the first cluster is, and that says how much belongs to the header.
    func readHeader(_ store: ImageStore) throws(QCOW2Error) -> QCOW2Header {
        let start = try bytes(store, count: UInt64(QCOW2Header.shortByteCount))
        let clusterBits = Int(start[half: 20])
        // With any other number there is no header; which of its errors it is, parsing tells.
        let isKnown = QCOW2Geometry.clusterBitsRange.contains(clusterBits)
        let cluster = isKnown ? try bytes(store, count: 1 << UInt64(clusterBits)) : start
        do {
            return try QCOW2Header(parsing: cluster)
        } catch {
            switch error {
            case .notQCOW2: throw .notQCOW2(path: path)
            case .version(let version): throw .unsupportedVersion(path: path, version: version)
            case .damaged(let what): throw .damaged(path: path, what: what)
            }
        }
    }

    /// The first bytes of the file, as many as there are.
    private func bytes(_ store: ImageStore, count: UInt64) throws(QCOW2Error) -> BigEndianBytes {
        try host { () throws(HostError) in
            BigEndianBytes(try store.bytes(at: 0, count: Int(min(count, store.end))))
        }
    }

    /// The internal snapshots, where anybody wants to know: when one is read, or the image may be written.
    private func snapshots(
        _ store: ImageStore, _ header: QCOW2Header
    ) throws(QCOW2Error) -> QCOW2SnapshotTable {
        if readOnly && snapshot == nil { return QCOW2SnapshotTable(place: 0..<0, list: []) }
        return try QCOW2SnapshotTable(reading: store, header)
    }

    /// Reads the refcount table, and makes sure that no two tables are in one place.
    private func readRefcounts(
        _ store: ImageStore, _ header: QCOW2Header, _ mapping: QCOW2Mapping, _ snapshots: QCOW2SnapshotTable
    ) throws(QCOW2Error) -> Refcounts {
        let metadata = MetadataMap()
        let refcounts = try host { () throws(HostError) in
            try Refcounts(store, header, metadata, cacheByteCount: cacheByteCount)
        }
        guard let blocks = refcounts.blockClusters else {
            throw .damaged(path: path, what: "an entry of its refcount table leads nowhere")
        }
        guard let active = mapping.tableClusters(mayBeShared: !snapshots.list.isEmpty) else {
            throw .damaged(path: path, what: "an entry of its L1 table leads nowhere, or to a shared table")
        }
        let geometry = header.geometry
        let l1 = header.l1Offset..<header.l1Offset + header.l1EntryCount * 8
        let others = try snapshots.tableClusters(store, geometry)
        let places = [0..<1, l1] + snapshots.places
        let known = places.filter { !$0.isEmpty }.map { range in
            let clusters = geometry.clusters(range)
            return clusters.lowerBound..<clusters.upperBound + 1
        }
        // A table of L2 entries may be the active disk's and that of snapshots.
        let single = blocks + active + others.subtracting(active)
        guard (known + [refcounts.tableClusters] + single.map { $0..<$0 + 1 }).allSatisfy(metadata.insert) else {
            throw .damaged(path: path, what: "two of its tables are in the same place")
        }
        return refcounts
    }

    /// Makes the refcounts of an image right that was not closed. Bitmaps, and what else only autoclear
    /// features tell of, would be counted as unused.
    private func recount(_ recount: QCOW2Recount, _ header: QCOW2Header) throws(QCOW2Error) {
        var recount = recount
        guard header.autoclearFeatures == 0, try host({ () throws(HostError) in try recount.repair() }) else {
            throw .needsRepair(path)
        }
    }

    /// Features that a writer who does not know them must clear, as what they describe gets outdated.
    private func clearFeatures(_ store: ImageStore, _ header: QCOW2Header) throws(QCOW2Error) {
        guard header.autoclearFeatures != 0 else { return }
        try host { () throws(HostError) in
            try store.write([0], 0..<1, ofTableAt: QCOW2Header.autoclearField)
            try store.barrier()
        }
    }

    private func host<Value>(_ work: () throws(HostError) -> Value) throws(QCOW2Error) -> Value {
        do { return try work() } catch { throw .disk(.host(path: path, error)) }
    }
}
