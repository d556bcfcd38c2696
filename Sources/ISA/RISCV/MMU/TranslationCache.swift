// The software TLB: sets of entries, one set for each address space and privilege that was in use.
import HostOS

/// One cached page. A tag is the page's virtual address; `invalidTag` never equals one.
struct TranslationEntry: BitwiseCopyable {
    var readTag: UInt64
    var writeTag: UInt64
    var fetchTag: UInt64
    /// Host address minus virtual address, modulo 2^64.
    var bias: UInt64

    /// Not page-aligned, so no page compares equal.
    static let invalidTag: UInt64 = 1
    static let empty = TranslationEntry(
        readTag: invalidTag, writeTag: invalidTag, fetchTag: invalidTag, bias: 0)
}

/// What a set's entries depend on. Two accesses with equal keys may share a set.
struct TranslationKey: Equatable {
    /// The satp value, or 0 where addresses are physical.
    var satp: UInt64
    /// The effective privilege of the access.
    var privilege: UInt8
    /// SUM and MXR, which change what data accesses may do.
    var sum: Bool
    var mxr: Bool

    /// The key of a set that was never used.
    static let none = TranslationKey(satp: .max, privilege: 0xff, sum: false, mxr: false)
}

/// The TLB of one hart. Holds only what a page walk would find again; flushed where the manual asks.
///
/// Sets keep their contents across changes of address space, so that a process finds its entries
/// again; a set is chosen by pointer, which keeps the check in the load path a single compare.
struct TranslationCache {
    static let setCount = 16
    static let entryCount = 512
    private static let superpageLimit = 16

    /// A range that was entered page by page from one superpage: `sfence.vma` of one address in it
    /// must remove them all.
    private struct SetInfo {
        var key = TranslationKey.none
        var superpages: [Range<UInt64>] = []
        var superpagesOverflowed = false
        var isEmpty = true
    }

    private let mapping: MemoryMapping
    private var sets = [SetInfo](repeating: SetInfo(), count: setCount)
    private var nextVictim = 0

    init() throws(HostError) {
        let bytes = Self.setCount * Self.entryCount * MemoryLayout<TranslationEntry>.stride
        mapping = try MemoryMapping(anonymous: UInt64(bytes))
        for index in 0..<Self.setCount {
            entries(of: index).initialize(repeating: .empty, count: Self.entryCount)
        }
    }

    /// The entries of set `index`.
    func entries(of index: Int) -> UnsafeMutablePointer<TranslationEntry> {
        mapping.pointer.assumingMemoryBound(to: TranslationEntry.self) + index * Self.entryCount
    }

    /// The set for `key`: the one it had, or the one that was taken longest ago, emptied.
    mutating func set(for key: TranslationKey) -> Int {
        if let index = sets.firstIndex(where: { $0.key == key }) { return index }
        let index = nextVictim
        nextVictim = (nextVictim + 1) % Self.setCount
        clear(index)
        sets[index].key = key
        return index
    }

    /// Enters the page of `address` in set `index`, for the kinds of access that are given a true.
    mutating func enter(
        _ index: Int, page: UInt64, bias: UInt64, read: Bool, write: Bool, fetch: Bool, superpage: Range<UInt64>?
    ) {
        let slot = entries(of: index) + Int((page >> 12) & UInt64(Self.entryCount - 1))
        let invalid = TranslationEntry.invalidTag
        slot.pointee = TranslationEntry(
            readTag: read ? page : invalid, writeTag: write ? page : invalid, fetchTag: fetch ? page : invalid,
            bias: bias)
        sets[index].isEmpty = false
        guard let superpage, !sets[index].superpagesOverflowed,
            !sets[index].superpages.contains(superpage)
        else { return }
        if sets[index].superpages.count < Self.superpageLimit {
            sets[index].superpages.append(superpage)
        } else {
            sets[index].superpagesOverflowed = true
        }
    }

    /// Empties every set.
    mutating func flushAll() {
        for index in 0..<Self.setCount { clear(index) }
    }

    /// Empties the sets of one address space (nil: of all), at one address or (nil) wholly.
    mutating func flush(address: UInt64?, space: UInt64?) {
        for index in 0..<Self.setCount where !sets[index].isEmpty {
            if let space, (sets[index].key.satp >> 44) & 0xffff != space { continue }
            if let address { flush(index, at: address) } else { clear(index) }
        }
    }

    private mutating func flush(_ index: Int, at address: UInt64) {
        if sets[index].superpagesOverflowed {
            clear(index)
            return
        }
        let page = address & ~0xfff
        (entries(of: index) + Int((page >> 12) & UInt64(Self.entryCount - 1))).pointee = .empty
        for range in sets[index].superpages where range.contains(page) {
            clear(index)
            return
        }
    }

    private mutating func clear(_ index: Int) {
        if sets[index].isEmpty { return }
        entries(of: index).update(repeating: .empty, count: Self.entryCount)
        sets[index] = SetInfo(key: sets[index].key)
    }
}
