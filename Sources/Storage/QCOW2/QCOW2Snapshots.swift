// The internal snapshots of an image: a table that nobody vouches for.
// Source: the QEMU project's interoperability document "Qcow2 Image File Format", snapshots.
import HostOS

/// What one internal snapshot of a qcow2 image is.
public struct QCOW2Snapshot: Equatable, Sendable {
    /// The number that the image gives it, as text.
    public let id: String
    /// What people call it.
    public let name: String
    /// When it was made, in seconds since 1970.
    public let seconds: UInt32
    /// The size of the disk then, in bytes.
    public let byteCount: UInt64
    /// The size of the machine's state that was saved with it, in bytes; 0 for a disk alone.
    public let stateByteCount: UInt64
    let l1Offset: UInt64
    let l1EntryCount: UInt64
}

/// All internal snapshots of one image.
struct QCOW2SnapshotTable {
    /// Where in the file the table is.
    let place: Range<UInt64>
    let list: [QCOW2Snapshot]

    static let maximumCount = 65_536
    /// More L1 tables than this are no disk but an attack on our time.
    static let maximumL1ByteCount: UInt64 = 256 << 20
    private static let maximumExtraByteCount = 1024
    /// The fields before the extra data, the number and the name.
    private static let fixedByteCount: UInt64 = 40

    init(place: Range<UInt64>, list: [QCOW2Snapshot]) {
        self.place = place
        self.list = list
    }

    /// Reads and checks the table; the L1 tables are checked for their place in the file only.
    init(reading store: ImageStore, _ header: QCOW2Header) throws(QCOW2Error) {
        let count = Int(header.snapshotCount)
        guard count > 0 else {
            self.init(place: 0..<0, list: [])
            return
        }
        let damaged = QCOW2Error.damaged(path: store.path, what: "its table of internal snapshots makes no sense")
        var position = header.snapshotsOffset
        guard count <= Self.maximumCount, header.geometry.isAligned(position) else { throw damaged }
        var list: [QCOW2Snapshot] = []
        var l1ByteCount: UInt64 = 0
        do throws(HostError) {
            for _ in 0..<count {
                guard let (snapshot, end) = try Self.entry(store, at: position, header),
                    snapshot.isInside(store.end, header.geometry)
                else { break }
                list.append(snapshot)
                position = end
                l1ByteCount += snapshot.l1EntryCount * 8
            }
        } catch {
            throw .disk(.host(path: store.path, error))
        }
        guard list.count == count, l1ByteCount <= Self.maximumL1ByteCount else { throw damaged }
        self.init(place: header.snapshotsOffset..<position, list: list)
    }

    /// One entry and where the next one starts; nil when it is not all there.
    private static func entry(
        _ store: ImageStore, at position: UInt64, _ header: QCOW2Header
    ) throws(HostError) -> (QCOW2Snapshot, end: UInt64)? {
        guard position < store.end, store.end - position >= fixedByteCount else { return nil }
        let fixed = BigEndianBytes(try store.bytes(at: position, count: Int(fixedByteCount)))
        let (idCount, nameCount) = (Int(fixed[half: 12] >> 16), Int(fixed[half: 12] & 0xffff))
        let extraCount = Int(fixed[half: 36])
        let start = position + fixedByteCount
        guard extraCount <= maximumExtraByteCount, UInt64(extraCount + idCount + nameCount) <= store.end - start
        else { return nil }
        let rest = BigEndianBytes(try store.bytes(at: start, count: extraCount + idCount + nameCount))
        let snapshot = QCOW2Snapshot(
            id: rest.text(at: extraCount, count: idCount) ?? "",
            name: rest.text(at: extraCount + idCount, count: nameCount) ?? "",
            seconds: fixed[half: 16],
            byteCount: extraCount >= 16 ? rest[8] : header.byteCount,
            stateByteCount: extraCount >= 8 ? rest[0] : UInt64(fixed[half: 32]),
            l1Offset: fixed[0], l1EntryCount: UInt64(fixed[half: 8]))
        return (snapshot, (start + UInt64(rest.count) + 7) & ~7)
    }

    /// The table and the L1 tables, as ranges of the file.
    var places: [Range<UInt64>] { [place] + list.map { $0.l1Offset..<$0.l1Offset + $0.l1EntryCount * 8 } }

    /// The clusters of the L2 tables of all snapshots.
    func tableClusters(_ store: ImageStore, _ geometry: QCOW2Geometry) throws(QCOW2Error) -> Set<UInt64> {
        var clusters: Set<UInt64> = []
        for snapshot in list {
            let l1: [UInt64]
            do throws(HostError) {
                l1 = try store.words(at: snapshot.l1Offset, count: Int(snapshot.l1EntryCount))
            } catch {
                throw .disk(.host(path: store.path, error))
            }
            guard let tables = QCOW2Mapping.tableClusters(l1, geometry, mayBeShared: true) else {
                throw .damaged(path: store.path, what: "an L1 entry of the snapshot '\(snapshot.name)' leads nowhere")
            }
            clusters.formUnion(tables)
        }
        return clusters
    }
}

extension QCOW2Snapshot {
    fileprivate func isInside(_ fileEnd: UInt64, _ geometry: QCOW2Geometry) -> Bool {
        l1EntryCount * 8 <= QCOW2Header.maximumL1ByteCount && geometry.isAligned(l1Offset)
            && l1Offset >= geometry.clusterByteCount && l1Offset <= fileEnd && l1EntryCount * 8 <= fileEnd - l1Offset
    }
}

extension QCOW2Header {
    /// Becomes the header that the image had when a snapshot was made.
    mutating func take(
        _ name: String, of list: [QCOW2Snapshot], _ path: String, fileEnd: UInt64
    ) throws(QCOW2Error) {
        guard let snapshot = list.first(where: { $0.id == name }) ?? list.first(where: { $0.name == name }) else {
            throw .noSuchSnapshot(path: path, name: name)
        }
        byteCount = snapshot.byteCount
        (l1Offset, l1EntryCount) = (snapshot.l1Offset, snapshot.l1EntryCount)
        try checkReadable(path, fileEnd: fileEnd)
    }
}

extension QCOW2Disk {
    /// The internal snapshots of the image at `path`, in the order in which they were made. Opens no other file.
    /// - Throws: `QCOW2Error` when the image is damaged, or somebody writes it.
    public static func snapshots(of path: String) throws(QCOW2Error) -> [QCOW2Snapshot] {
        let file = try openLocked(path, readOnly: true)
        let store: ImageStore
        do { store = try ImageStore(file) } catch { throw .disk(.host(path: path, error)) }
        let header = try QCOW2Opening(file: file, readOnly: true, cacheByteCount: nil).readHeader(store)
        return try QCOW2SnapshotTable(reading: store, header).list
    }
}
