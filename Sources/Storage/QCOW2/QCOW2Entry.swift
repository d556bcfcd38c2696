// What the entries of L1 and L2 tables say.
// Source: the QEMU project's interoperability document "Qcow2 Image File Format", cluster mapping.

/// One entry of an L2 table, as the file has it.
struct QCOW2Entry: Equatable {
    var word: UInt64
    /// Bits 0 to 31: this 32nd of the cluster is in the file; bits 32 to 63: it reads as zeros. Only in
    /// images with subclusters.
    var bitmap: UInt64 = 0

    static let unallocated = QCOW2Entry(word: 0)
    static let allAllocated: UInt64 = 0xffff_ffff
    private static let allZero: UInt64 = 0xffff_ffff_0000_0000

    /// A cluster that reads as zeros, and has no place in the file.
    static func zero(_ geometry: QCOW2Geometry) -> QCOW2Entry {
        geometry.hasSubclusters ? QCOW2Entry(word: 0, bitmap: allZero) : QCOW2Entry(word: QCOW2Word.readsAsZero)
    }

    /// A cluster at `offset` that nobody else uses.
    static func data(_ offset: UInt64, _ geometry: QCOW2Geometry) -> QCOW2Entry {
        QCOW2Entry(
            word: offset | QCOW2Word.isOnlyUser, bitmap: geometry.hasSubclusters ? allAllocated : 0)
    }
}

/// What an L2 entry says of one cluster of the disk.
enum QCOW2Cluster: Equatable {
    /// The backing file has the contents; without one they are zeros.
    case unallocated
    /// Zeros; the file may have a cluster for it already, which means nothing yet.
    case zero
    /// The contents are at an offset of the file; they may be overwritten when nobody else uses them.
    case data(offset: UInt64, isOnlyUser: Bool)
    /// Each 32nd is something of its own, by two masks: in the file, and zeros; the rest is in the backing file.
    case parts(offset: UInt64, allocated: UInt32, zeros: UInt32)
    /// Packed contents, at most `count` bytes from any offset of the file on.
    case compressed(offset: UInt64, count: UInt64)
    /// Bits that must be zero are not, or the offset is no start of a cluster.
    case malformed
}

/// The bits of the words in L1, L2 and refcount tables.
enum QCOW2Word {
    /// Bit 63 of L1 and L2 entries: the refcount of what the offset leads to is exactly one.
    static let isOnlyUser: UInt64 = 1 << 63
    /// Bit 62 of L2 entries.
    static let isCompressed: UInt64 = 1 << 62
    /// Bit 0 of L2 entries, since version 3, where there are no subclusters.
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
    static func cluster(_ entry: QCOW2Entry, _ geometry: QCOW2Geometry, hasZeroFlag: Bool) -> QCOW2Cluster {
        let word = entry.word
        if word & isCompressed != 0 {
            guard word & isOnlyUser == 0, entry.bitmap == 0 else { return .malformed }
            return compressed(word, geometry)
        }
        let offset = word & offsetMask
        guard word & reservedInMapping == 0, geometry.isAligned(offset) else { return .malformed }
        if geometry.hasSubclusters { return parts(entry, offset) }
        if word == 0 { return .unallocated }
        if word & readsAsZero != 0 { return hasZeroFlag ? .zero : .malformed }
        guard offset != 0 else { return .malformed }
        return .data(offset: offset, isOnlyUser: word & isOnlyUser != 0)
    }

    /// The word has the offset in its low bits, above it the number of further sectors of 512 bytes.
    private static func compressed(_ word: UInt64, _ geometry: QCOW2Geometry) -> QCOW2Cluster {
        let offsetBits = UInt64(62 - (geometry.clusterBits - 8))
        let offset = word & ((1 << offsetBits) - 1)
        let sectors = (word & (isCompressed - 1)) >> offsetBits + 1
        guard offset != 0, offset < 1 << 56 else { return .malformed }
        return .compressed(offset: offset, count: sectors * 512 - offset % 512)
    }

    private static func parts(_ entry: QCOW2Entry, _ offset: UInt64) -> QCOW2Cluster {
        let allocated = UInt32(truncatingIfNeeded: entry.bitmap)
        let zeros = UInt32(truncatingIfNeeded: entry.bitmap >> 32)
        guard allocated & zeros == 0, entry.word & readsAsZero == 0, allocated == 0 || offset != 0 else {
            return .malformed
        }
        if zeros == .max { return .zero }
        if allocated == .max { return .data(offset: offset, isOnlyUser: entry.word & isOnlyUser != 0) }
        if allocated == 0 && zeros == 0 { return .unallocated }
        return .parts(offset: offset, allocated: allocated, zeros: zeros)
    }
}
