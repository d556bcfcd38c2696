// The sizes that follow from the size of a cluster, and the words of the mapping tables.

/// How a qcow2 image divides the disk and its own file.
struct QCOW2Geometry: Equatable, Sendable {
    /// Clusters have 1 << `clusterBits` bytes.
    let clusterBits: Int
    /// Refcounts have 1 << `refcountOrder` bits.
    let refcountOrder: Int

    /// What the format allows: 512 bytes to 2 MiB.
    static let clusterBitsRange = 9...21

    var clusterByteCount: UInt64 { 1 << UInt64(clusterBits) }
    /// An L2 table is one cluster of 8-byte entries.
    var entriesPerTable: Int { 1 << (clusterBits - 3) }
    /// The bytes of the disk that one L2 table maps.
    var bytesPerTable: UInt64 { 1 << UInt64(2 * clusterBits - 3) }
    /// A refcount block is one cluster, and describes 1 << `regionBits` clusters: a region.
    var regionBits: UInt64 { UInt64(clusterBits + 3 - refcountOrder) }
    /// Offsets have 56 bits.
    var clusterLimit: UInt64 { 1 << UInt64(56 - clusterBits) }

    /// The clusters that `byteCount` bytes need.
    func clusterCount(_ byteCount: UInt64) -> UInt64 {
        byteCount >> UInt64(clusterBits) + (byteCount & (clusterByteCount - 1) == 0 ? 0 : 1)
    }

    func isAligned(_ offset: UInt64) -> Bool { offset & (clusterByteCount - 1) == 0 }
    func cluster(at offset: UInt64) -> UInt64 { offset >> UInt64(clusterBits) }
    func offset(of cluster: UInt64) -> UInt64 { cluster << UInt64(clusterBits) }
}

/// What an L2 entry says of one cluster of the disk.
enum QCOW2Cluster: Equatable {
    /// The backing file has the contents; without one they are zeros.
    case unallocated
    /// Zeros; the file may have a cluster for it already, which means nothing yet.
    case zero
    /// The contents are at an offset of the file; they may be overwritten when nobody else uses them.
    case data(offset: UInt64, isOnlyUser: Bool)
    /// Packed contents, somewhere in the file.
    case compressed
    /// Bits that must be zero are not, or the offset is no start of a cluster.
    case malformed
}

/// The bits of the words in L1, L2 and refcount tables.
enum QCOW2Word {
    /// Bit 63 of L1 and L2 entries: the refcount of what the offset leads to is exactly one.
    static let isOnlyUser: UInt64 = 1 << 63
    /// Bit 62 of L2 entries.
    static let isCompressed: UInt64 = 1 << 62
    /// Bit 0 of L2 entries, since version 3.
    static let readsAsZero: UInt64 = 1
    /// Bits 9 to 55 of L1 and L2 entries.
    static let offsetMask: UInt64 = (1 << 56) - (1 << 9)
    private static let reservedInMapping = ~(offsetMask | isOnlyUser | isCompressed | readsAsZero)

    /// The offset in an L1 entry, 0 for none; nil when the entry is malformed.
    static func tableOffset(_ word: UInt64, _ geometry: QCOW2Geometry) -> UInt64? {
        let offset = word & offsetMask
        guard word & ~(offsetMask | isOnlyUser) == 0, geometry.isAligned(offset) else { return nil }
        guard offset != 0 || word == 0 else { return nil }
        return offset
    }

    /// What an L2 entry says.
    static func cluster(_ word: UInt64, _ geometry: QCOW2Geometry, hasZeroFlag: Bool) -> QCOW2Cluster {
        if word == 0 { return .unallocated }
        if word & isCompressed != 0 { return word & isOnlyUser == 0 ? .compressed : .malformed }
        let offset = word & offsetMask
        guard word & reservedInMapping == 0, geometry.isAligned(offset) else { return .malformed }
        if word & readsAsZero != 0 { return hasZeroFlag ? .zero : .malformed }
        guard offset != 0 else { return .malformed }
        return .data(offset: offset, isOnlyUser: word & isOnlyUser != 0)
    }
}
