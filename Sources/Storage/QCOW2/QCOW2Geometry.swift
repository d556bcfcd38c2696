// The sizes that follow from the size of a cluster, and the words of the mapping tables.

/// How a qcow2 image divides the disk and its own file.
struct QCOW2Geometry: Equatable, Sendable {
    /// Clusters have 1 << `clusterBits` bytes.
    let clusterBits: Int
    /// Refcounts have 1 << `refcountOrder` bits.
    let refcountOrder: Int
    /// Entries of L2 tables have a second word, which says what each 32nd of a cluster is.
    var hasSubclusters = false

    /// What the format allows: 512 bytes to 2 MiB.
    static let clusterBitsRange = 9...21
    /// A subcluster is a 32nd of a cluster, and has at least 512 bytes.
    static let minimumBitsWithSubclusters = 14

    var clusterByteCount: UInt64 { 1 << UInt64(clusterBits) }
    /// An L2 table is one cluster of entries with one or two words.
    var entriesPerTable: Int { wordsPerTable / wordsPerEntry }
    var wordsPerTable: Int { 1 << (clusterBits - 3) }
    var wordsPerEntry: Int { hasSubclusters ? 2 : 1 }
    /// The bytes of the disk that one L2 table maps.
    var bytesPerTable: UInt64 { UInt64(entriesPerTable) << UInt64(clusterBits) }
    var subclusterByteCount: UInt64 { clusterByteCount / 32 }
    /// A refcount block is one cluster, and describes 1 << `regionBits` clusters: a region.
    var regionBits: UInt64 { UInt64(clusterBits + 3 - refcountOrder) }
    var maximumRefcount: UInt64 { refcountOrder == 6 ? .max : (1 << (1 << UInt64(refcountOrder))) - 1 }
    /// Offsets have 56 bits.
    var clusterLimit: UInt64 { 1 << UInt64(56 - clusterBits) }

    /// The clusters that `byteCount` bytes need.
    func clusterCount(_ byteCount: UInt64) -> UInt64 {
        byteCount >> UInt64(clusterBits) + (byteCount & (clusterByteCount - 1) == 0 ? 0 : 1)
    }

    func isAligned(_ offset: UInt64) -> Bool { offset & (clusterByteCount - 1) == 0 }
    func cluster(at offset: UInt64) -> UInt64 { offset >> UInt64(clusterBits) }
    /// The clusters that a range of the file touches; it is not empty.
    func clusters(_ range: Range<UInt64>) -> ClosedRange<UInt64> {
        cluster(at: range.lowerBound)...cluster(at: range.upperBound - 1)
    }

    func offset(of cluster: UInt64) -> UInt64 { cluster << UInt64(clusterBits) }
}
