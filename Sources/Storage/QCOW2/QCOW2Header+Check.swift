// What a header must and must not say for its image to be read, and to be written.
import HostOS

extension QCOW2Header {
    /// Throws when the disk can not be read.
    /// - Parameter fileEnd: the size of the image's file in bytes.
    func checkReadable(_ path: String, fileEnd: UInt64) throws(QCOW2Error) {
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
        guard incompatibleFeatures & Feature.isCorrupt == 0 else { throw .needsRepair(path) }
    }

    /// Bits of `incompatibleFeatures`.
    enum Feature {
        /// Refcounts may be wrong; the mapping is not.
        static let isDirty: UInt64 = 1
        /// Somebody found wrong metadata, and wrote that down.
        static let isCorrupt: UInt64 = 2
        /// The guest's data is in another file.
        static let hasDataFile: UInt64 = 4
        /// Compressed clusters are not zlib's.
        static let hasOtherCompression: UInt64 = 8
        /// Extended L2 entries.
        static let hasSubclusters: UInt64 = 16
        static let supported = isDirty | isCorrupt | hasOtherCompression | hasSubclusters
    }

    /// What keeps the disk from being read, in words.
    private var unsupportedFeature: String? {
        switch encryptionMethod {
        case 0: break
        case 1: return "encryption (AES)"
        case 2: return "encryption (LUKS)"
        default: return "encryption (unknown method \(encryptionMethod))"
        }
        if incompatibleFeatures & Feature.hasDataFile != 0 {
            return "an external data file" + (dataFile.map { " ('\($0)')" } ?? "")
        }
        let unknown = incompatibleFeatures & ~Feature.supported
        guard unknown != 0 else { return nil }
        let bits = (0..<64).filter { unknown >> UInt64($0) & 1 != 0 }
        return bits.map { bit in
            featureNames[bit].map { "the feature '\($0)'" } ?? "an unknown feature (incompatible feature bit \(bit))"
        }.joined(separator: " and ")
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
