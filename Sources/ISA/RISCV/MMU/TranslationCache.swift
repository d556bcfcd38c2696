// The software TLB: sets of entries, one set for each address space and privilege that was in use.
import HostOS
import MachineCore

/// What a set's entries depend on. Two accesses with equal keys may share a set.
struct TranslationKey: Equatable {
    /// The satp value, 0 where addresses are physical, or `globalSpace`.
    var satp: UInt64
    /// The effective privilege of the access.
    var privilege: UInt8
    /// SUM and MXR, which change what data accesses may do.
    var sum: Bool
    var mxr: Bool

    /// Stands for all address spaces, in sets that hold only global mappings (Privileged ISA 10.3.1). Its
    /// mode field is 0 and its number is not, as in no satp that translates.
    static let globalSpace: UInt64 = 1
    var isGlobal: Bool { satp == Self.globalSpace }

    /// The key of a set that was never used.
    static let none = TranslationKey(satp: .max, privilege: 0xff, sum: false, mxr: false)
}

/// The TLB of one hart. Holds only what a page walk would find again; flushed where the manual asks.
///
/// Sets keep their contents across changes of address space, so that a process finds its entries
/// again; a set is chosen by pointer, which keeps the check in the load path a single compare.
struct TranslationCache {
    static let setCount = 16
    private static let superpageLimit = 16

    /// A range that was entered page by page from one superpage: `sfence.vma` of one address in it
    /// must remove them all.
    private struct SetInfo {
        var key = TranslationKey.none
        var superpages: [Range<UInt64>] = []
        var superpagesOverflowed = false
        var isEmpty = true
        /// The parts of the set that have been entered into, a bit for each 64th.
        var usedParts: UInt64 = 0
        /// The pages that the jump cache may have addresses in, by a hash of six bits.
        var jumpPages = PageFilter()
    }

    private static let partEntryCount = TranslationEntry.setEntryCount / 64
    private static let entryCount = TranslationEntry.setEntryCount
    private let mapping: MemoryMapping
    private let jumpMapping: MemoryMapping
    private var sets = [SetInfo](repeating: SetInfo(), count: setCount)
    private var nextVictim = 0

    init() throws(HostError) {
        let bytes = Self.setCount * Self.entryCount * MemoryLayout<TranslationEntry>.stride
        mapping = try MemoryMapping(anonymous: UInt64(bytes))
        let jumpBytes = Self.setCount * JumpCacheEntry.cacheEntryCount * MemoryLayout<JumpCacheEntry>.stride
        jumpMapping = try MemoryMapping(anonymous: UInt64(jumpBytes))
        for index in 0..<Self.setCount {
            entries(of: index).initialize(repeating: .empty, count: Self.entryCount)
            jumps(of: index).initialize(repeating: .empty, count: JumpCacheEntry.cacheEntryCount)
        }
    }

    /// The entries of set `index`.
    func entries(of index: Int) -> UnsafeMutablePointer<TranslationEntry> {
        mapping.pointer.assumingMemoryBound(to: TranslationEntry.self) + index * Self.entryCount
    }

    /// The jump cache that goes with set `index`.
    func jumps(of index: Int) -> UnsafeMutablePointer<JumpCacheEntry> {
        jumpMapping.pointer.assumingMemoryBound(to: JumpCacheEntry.self) + index * JumpCacheEntry.cacheEntryCount
    }

    /// The sets for two keys; making the second does not displace the first.
    mutating func sets(for first: TranslationKey, _ second: TranslationKey) -> (Int, Int) {
        let index = set(for: first, keeping: -1)
        return (index, first == second ? index : set(for: second, keeping: index))
    }

    /// The set for `key`: the one it had, or the one that was taken longest ago, emptied.
    private mutating func set(for key: TranslationKey, keeping kept: Int) -> Int {
        for index in 0..<Self.setCount where sets[index].key == key { return index }
        var index = nextVictim
        if index == kept || sets[index].key.isGlobal { index = (index + 1) % Self.setCount }
        if index == kept || sets[index].key.isGlobal { index = (index + 1) % Self.setCount }
        nextVictim = (index + 1) % Self.setCount
        clear(index)
        sets[index].key = key
        return index
    }

    /// Enters the page of `address` in set `index`, for the kinds of access that are given a true.
    mutating func enter(
        _ index: Int, page: UInt64, bias: UInt64, read: Bool, write: Bool, fetch: Bool, superpage: Range<UInt64>?
    ) {
        let number = TranslationEntry.index(of: page)
        let slot = entries(of: index) + number
        let invalid = TranslationEntry.invalidTag
        slot.pointee = TranslationEntry(
            readTag: read ? page : invalid, writeTag: write ? page : invalid, fetchTag: fetch ? page : invalid,
            bias: bias)
        sets[index].isEmpty = false
        sets[index].usedParts |= 1 << UInt64(number / Self.partEntryCount)
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
            // Global mappings belong to no address space (Privileged ISA 10.2.1).
            if let space, sets[index].key.isGlobal || (sets[index].key.satp >> 44) & 0xffff != space { continue }
            if let address { flush(index, at: address) } else { clear(index) }
        }
    }

    private mutating func flush(_ index: Int, at address: UInt64) {
        if sets[index].superpagesOverflowed {
            clear(index)
            return
        }
        let page = address & ~0xfff
        clearJumps(index, of: page)
        (entries(of: index) + Int((page >> 12) & UInt64(Self.entryCount - 1))).pointee = .empty
        for range in sets[index].superpages where range.contains(page) {
            clear(index)
            return
        }
    }

    private mutating func clear(_ index: Int) {
        if sets[index].isEmpty { return }
        var parts = sets[index].usedParts
        while parts != 0 {
            let part = entries(of: index) + parts.trailingZeroBitCount * Self.partEntryCount
            part.update(repeating: .empty, count: Self.partEntryCount)
            parts &= parts - 1
        }
        if !sets[index].jumpPages.isEmpty { clearJumps(index) }
        sets[index] = SetInfo(key: sets[index].key)
    }
}

// MARK: Jump caches

extension TranslationCache {
    /// Notes in set `index` where the code for `address` is.
    mutating func enterJump(_ index: Int, to address: UInt64, code: UInt64) {
        sets[index].jumpPages.insert(address)
        sets[index].isEmpty = false
        jumps(of: index)[JumpCacheEntry.index(of: address)] = JumpCacheEntry(address: address, code: code)
    }

    /// Empties all jump caches.
    mutating func clearJumps() {
        for index in 0..<Self.setCount where !sets[index].jumpPages.isEmpty { clearJumps(index) }
    }

    private mutating func clearJumps(_ index: Int) {
        jumps(of: index).update(repeating: .empty, count: JumpCacheEntry.cacheEntryCount)
        sets[index].jumpPages = PageFilter()
    }

    /// Removes the addresses in one page, and that of an instruction that ends in it.
    private func clearJumps(_ index: Int, of page: UInt64) {
        let before = page &- 2
        let pages = sets[index].jumpPages
        let jumps = jumps(of: index)
        if pages.mayContain(before) {
            let entry = JumpCacheEntry.index(of: before)
            if jumps[entry].address == before { jumps[entry] = .empty }
        }
        guard pages.mayContain(page) else { return }
        // The entries of a page's addresses: the index is the offset, with other bits that are the same
        // for the whole page.
        for offset in stride(from: UInt64(0), to: 4096, by: 2) {
            let entry = JumpCacheEntry.index(of: page | offset)
            if jumps[entry].address == page | offset { jumps[entry] = .empty }
        }
    }

    /// Makes all sets forget that the page of RAM at `host` may be written without asking.
    func forgetWrites(toPageAt host: UInt64) {
        forEachEntry { if $0.pointee.writeTag &+ $0.pointee.bias == host { $0.pointee.forgetWrites() } }
    }

    /// Makes all sets forget that pages may be written without asking.
    func forgetWrites() { forEachEntry { $0.pointee.forgetWrites() } }

    private func forEachEntry(_ body: (UnsafeMutablePointer<TranslationEntry>) -> Void) {
        for index in 0..<Self.setCount where !sets[index].isEmpty {
            var parts = sets[index].usedParts
            while parts != 0 {
                let part = entries(of: index) + parts.trailingZeroBitCount * Self.partEntryCount
                for slot in 0..<Self.partEntryCount { body(part + slot) }
                parts &= parts - 1
            }
        }
    }
}

extension TranslationEntry {
    fileprivate mutating func forgetWrites() { writeTag = Self.invalidTag }
}
