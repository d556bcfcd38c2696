// What a header must and must not say for its image to be read, and to be written.
import HostOS

extension QCOW2Header {
    /// Throws when the disk can not be read.
    /// - Parameter fileEnd: the size of the image's file in bytes.
    func checkReadable(_ path: String, fileEnd: UInt64) throws(QCOW2Error) {
        guard encryptionMethod == 0 else { throw .unsupportedFeature(path: path, feature: "encryption") }
        if let feature = unsupportedFeature { throw .unsupportedFeature(path: path, feature: feature) }
        guard byteCount > 0 else {
            throw .damaged(path: path, what: "its header says that the disk has no bytes")
        }
        guard byteCount % 512 == 0 else { throw .disk(.oddSize(path: path, byteCount: byteCount)) }
        try checkL1(path, fileEnd)
        try checkRefcountTable(path, fileEnd)
    }

    /// Throws when the disk can be read only.
    func checkWritable(_ path: String) throws(QCOW2Error) {
        func refuse(_ why: String) -> QCOW2Error { .mustNotBeWritten(path: path, why: why) }
        guard version >= 3 else {
            throw refuse("it has version 2 of the format; convert it: qemu-img amend -o compat=1.1 '\(path)'")
        }
        guard incompatibleFeatures & (Feature.isDirty | Feature.isCorrupt) == 0 else {
            throw refuse("it was not closed, or found corrupt; repair it: qemu-img check -r all '\(path)'")
        }
        guard snapshotCount == 0 else {
            throw refuse("it has internal snapshots; remove them: qemu-img snapshot -l '\(path)' lists them")
        }
    }

    /// Bits of `incompatibleFeatures`.
    enum Feature {
        /// Refcounts may be wrong; the mapping is not.
        static let isDirty: UInt64 = 1
        /// Somebody found wrong metadata, and wrote that down.
        static let isCorrupt: UInt64 = 2
        static let names = [
            2: "an external data file", 3: "a compression of its own", 4: "extended L2 entries",
        ]
    }

    private var unsupportedFeature: String? {
        let unknown = incompatibleFeatures & ~(Feature.isDirty | Feature.isCorrupt)
        guard unknown != 0 else { return nil }
        let bit = unknown.trailingZeroBitCount
        return Feature.names[bit] ?? "an unknown feature (incompatible feature bit \(bit))"
    }

    private func checkL1(_ path: String, _ fileEnd: UInt64) throws(QCOW2Error) {
        let tables = byteCount / geometry.bytesPerTable + (byteCount % geometry.bytesPerTable == 0 ? 0 : 1)
        guard l1EntryCount * 8 <= QCOW2Header.maximumL1ByteCount else {
            throw .damaged(path: path, what: "its L1 table has \(l1EntryCount) entries, which is too many")
        }
        guard l1EntryCount >= tables else {
            throw .damaged(path: path, what: "its L1 table is too small for \(byteCount) bytes")
        }
        try check(path, "L1 table", l1Offset, l1EntryCount * 8, fileEnd)
    }

    private func checkRefcountTable(_ path: String, _ fileEnd: UInt64) throws(QCOW2Error) {
        let bytes = refcountTableClusters << UInt64(geometry.clusterBits)
        guard bytes > 0, bytes <= QCOW2Header.maximumRefcountTableByteCount else {
            throw .damaged(path: path, what: "its refcount table has \(refcountTableClusters) clusters")
        }
        try check(path, "refcount table", refcountTableOffset, bytes, fileEnd)
    }

    /// A table starts with a cluster behind the header's, and starts and ends in the file.
    private func check(
        _ path: String, _ name: String, _ offset: UInt64, _ count: UInt64, _ fileEnd: UInt64
    ) throws(QCOW2Error) {
        guard geometry.isAligned(offset) else {
            throw .damaged(path: path, what: "its \(name) does not start with a cluster")
        }
        guard offset >= geometry.clusterByteCount else {
            throw .damaged(path: path, what: "its \(name) is in its header")
        }
        guard offset <= fileEnd, count <= fileEnd - offset else {
            throw .damaged(path: path, what: "its \(name) is not in the file; it may be cut short")
        }
    }
}
