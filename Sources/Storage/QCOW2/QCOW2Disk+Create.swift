// Making new images, empty or on top of another one.
import HostOS

extension QCOW2Disk {
    /// Makes an image of zeros at `path`. It is on the medium when this returns.
    /// - Parameter byteCount: the size of the disk, a multiple of 512, at most 2 PiB.
    /// - Throws: `QCOW2Error`; nothing is left behind then.
    public static func create(at path: String, byteCount: UInt64) throws(QCOW2Error) {
        try create(at: path, backing: nil, format: nil, byteCount)
    }

    /// Makes an image at `path` that reads as another one until it is written. It is on the medium when
    /// this returns. The other one is not looked at, and must not be written any more.
    /// - Parameters:
    ///   - backing: the other image, stored as given; a relative path starts in the folder of `path`.
    ///   - byteCount: the size of the disk, a multiple of 512, at most 2 PiB.
    /// - Throws: `QCOW2Error`; nothing is left behind then.
    public static func createOverlay(
        at path: String, backing: String, backingFormat: QCOW2BackingFormat, byteCount: UInt64
    ) throws(QCOW2Error) {
        let length = backing.utf8.count
        guard (1...QCOW2Header.maximumBackingNameLength).contains(length), !backing.utf8.contains(0) else {
            throw .badBackingName(path: path, name: backing)
        }
        try create(at: path, backing: backing, format: backingFormat, byteCount)
    }

    private static func create(
        at path: String, backing: String?, format: QCOW2BackingFormat?, _ byteCount: UInt64
    ) throws(QCOW2Error) {
        guard let header = QCOW2Header(newOf: byteCount, backing: backing, format: format?.rawValue) else {
            throw .badSize(path: path, byteCount: byteCount)
        }
        let file: File
        do {
            file = try File(creating: path)
        } catch {
            throw error.code == HostError.Code.exists ? .exists(path: path) : .disk(.host(path: path, error))
        }
        do {
            try write(header, into: file)
            try File(opening: Folder.parent(of: path), .readOnly).synchronizeData()
        } catch {
            try? Folder.removeFile(path)
            throw .disk(.host(path: path, error))
        }
    }

    /// Writes the tables of an image without clusters.
    private static func write(_ header: QCOW2Header, into file: File) throws(HostError) {
        let store = try ImageStore(file)
        let geometry = header.geometry
        let clusters = geometry.clusterCount(header.l1Offset + header.l1EntryCount * 8)
        // The L1 table is all zeros: a hole.
        try file.resize(to: geometry.offset(of: clusters))
        let first = header.refcountTableOffset + geometry.clusterByteCount
        try store.write([first], 0..<1, ofTableAt: header.refcountTableOffset)
        let block = RefcountBlock(
            offset: first, bytes: [UInt8](repeating: 0, count: Int(geometry.clusterByteCount)),
            order: geometry.refcountOrder, isDirty: true)
        for cluster in 0..<Int(clusters) { block[cluster] = 1 }
        try store.write(block.bytes, at: first)
        try store.write(header.encoded, at: 0)
        try store.barrier()
    }
}

extension QCOW2Header {
    /// New images have clusters of 64 KiB.
    static let newClusterBits = 16

    /// The header of a new image: one cluster of refcount table and one refcount block behind it, then
    /// the L1 table. Nil when the disk can not have this size.
    init?(newOf byteCount: UInt64, backing: String?, format: String?) {
        let geometry = QCOW2Geometry(clusterBits: QCOW2Header.newClusterBits, refcountOrder: 4)
        let entries = byteCount / geometry.bytesPerTable + (byteCount % geometry.bytesPerTable == 0 ? 0 : 1)
        guard byteCount > 0, byteCount % 512 == 0, entries * 8 <= QCOW2Header.maximumL1ByteCount else {
            return nil
        }
        self.init(
            geometry: geometry, byteCount: byteCount, l1Offset: 3 * geometry.clusterByteCount,
            l1EntryCount: entries, refcountTableOffset: geometry.clusterByteCount, refcountTableClusters: 1,
            backingName: backing, backingFormat: format)
    }

    /// The bytes of a version 3 header, its extensions and the name of the backing file.
    var encoded: [UInt8] {
        var extensions = BigEndianWriter()
        if let format = backingFormat.map({ Array($0.utf8) }) {
            extensions.append(Extension.backingFormat)
            extensions.append(UInt32(format.count))
            extensions.bytes += format + [UInt8](repeating: 0, count: -format.count & 7)
        }
        extensions.append(UInt64(Extension.end))
        let name = Array((backingName ?? "").utf8)
        let nameOffset = name.isEmpty ? 0 : QCOW2Header.byteCount + extensions.bytes.count
        var writer = BigEndianWriter()
        encodeVersion2(&writer, nameOffset: UInt64(nameOffset), nameLength: UInt32(name.count))
        writer.append(incompatibleFeatures)
        writer.append(UInt64(0))
        writer.append(autoclearFeatures)
        writer.append(UInt32(geometry.refcountOrder))
        writer.append(UInt32(QCOW2Header.byteCount))
        return writer.bytes + extensions.bytes + name
    }

    /// The fields that version 2 has, too.
    private func encodeVersion2(_ writer: inout BigEndianWriter, nameOffset: UInt64, nameLength: UInt32) {
        writer.append(QCOW2Header.magic)
        writer.append(version)
        writer.append(nameOffset)
        writer.append(nameLength)
        writer.append(UInt32(geometry.clusterBits))
        writer.append(byteCount)
        writer.append(encryptionMethod)
        writer.append(UInt32(l1EntryCount))
        writer.append(l1Offset)
        writer.append(refcountTableOffset)
        writer.append(UInt32(refcountTableClusters))
        writer.append(snapshotCount)
        // Where internal snapshots are: there are none.
        writer.append(UInt64(0))
    }
}
