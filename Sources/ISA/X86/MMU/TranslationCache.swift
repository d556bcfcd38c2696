// The software TLB: sets of entries, one set for each address space and kind of access that was in use.
import HostOS
import MachineCore

/// What a set's entries depend on. Two accesses with equal keys may share a set.
struct TranslationKey: Equatable {
    /// CR3 with bit 63 set, or 0 where there is no paging.
    var space: UInt64
    var isUser: Bool
    /// Supervisor code may not access pages of user code (SMAP).
    var blocksUserData: Bool

    /// The key of a set that was never used.
    static let none = TranslationKey(space: .max, isUser: false, blocksUserData: false)
}

/// The TLB of one CPU. Holds only what a page walk would find again; flushed where the manual asks.
struct TranslationCache {
    static let setCount = 16
    private static let largePageLimit = 32
    private static let entryCount = TranslationEntry.setEntryCount
    private static let partEntryCount = entryCount / 64

    private struct SetInfo {
        var key = TranslationKey.none
        /// Ranges that were entered page by page from one large page: `invlpg` in one removes them all.
        var largePages: [Range<UInt64>] = []
        /// The parts of the set that have been entered into, a bit for each 64th.
        var usedParts: UInt64 = 0
        var hasJumps = false
        var isEmpty: Bool { usedParts == 0 && !hasJumps }
    }

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
        let index = nextVictim == kept ? (nextVictim + 1) % Self.setCount : nextVictim
        nextVictim = (index + 1) % Self.setCount
        clear(index)
        sets[index].key = key
        return index
    }

    /// Enters a page in set `index`, for the kinds of access that are given a true.
    mutating func enter(
        _ index: Int, page: UInt64, bias: UInt64, read: Bool, write: Bool, fetch: Bool, largePage: Range<UInt64>?
    ) {
        let number = TranslationEntry.index(of: page)
        let invalid = TranslationEntry.invalidTag
        entries(of: index)[number] = TranslationEntry(
            readTag: read ? page : invalid, writeTag: write ? page : invalid, fetchTag: fetch ? page : invalid,
            bias: bias)
        sets[index].usedParts |= 1 << UInt64(number / Self.partEntryCount)
        guard let largePage, !sets[index].largePages.contains(largePage) else { return }
        // One too many stands for all addresses.
        let isFull = sets[index].largePages.count >= Self.largePageLimit
        sets[index].largePages.append(isFull ? 0..<UInt64.max : largePage)
    }

    /// Empties every set.
    mutating func flushAll() {
        for index in 0..<Self.setCount { clear(index) }
    }

    /// Empties the sets of the address space of CR3 value `cr3`.
    mutating func flush(space cr3: UInt64) {
        let space = cr3 | 1 << 63
        for index in 0..<Self.setCount where sets[index].key.space == space { clear(index) }
    }

    /// Forgets the page of `address` in all address spaces.
    mutating func flush(address: UInt64) {
        let page = address & ~0xfff
        for index in 0..<Self.setCount where !sets[index].isEmpty {
            if sets[index].largePages.contains(where: { $0.contains(page) }) {
                clear(index)
                continue
            }
            entries(of: index)[TranslationEntry.index(of: page)] = .empty
            if sets[index].hasJumps { clearJumps(index) }
        }
    }

    private mutating func clear(_ index: Int) {
        if sets[index].isEmpty { return }
        forEachUsedPart(index) { $0.update(repeating: .empty, count: Self.partEntryCount) }
        if sets[index].hasJumps { clearJumps(index) }
        sets[index] = SetInfo(key: sets[index].key)
    }

    private func forEachUsedPart(_ index: Int, _ body: (UnsafeMutablePointer<TranslationEntry>) -> Void) {
        var parts = sets[index].usedParts
        while parts != 0 {
            body(entries(of: index) + parts.trailingZeroBitCount * Self.partEntryCount)
            parts &= parts - 1
        }
    }

    // MARK: Jump caches

    /// Notes in set `index` where the code for `address` is.
    mutating func enterJump(_ index: Int, to address: UInt64, code: UInt64) {
        sets[index].hasJumps = true
        jumps(of: index)[JumpCacheEntry.index(of: address)] = JumpCacheEntry(address: address, code: code)
    }

    /// Empties all jump caches.
    mutating func clearJumps() {
        for index in 0..<Self.setCount where sets[index].hasJumps { clearJumps(index) }
    }

    private mutating func clearJumps(_ index: Int) {
        jumps(of: index).update(repeating: .empty, count: JumpCacheEntry.cacheEntryCount)
        sets[index].hasJumps = false
    }

    // MARK: Writes

    /// Makes all sets forget that pages may be written without asking: those at `host` in host memory, or
    /// (nil) all.
    func forgetWrites(toPageAt host: UInt64? = nil) {
        for index in 0..<Self.setCount {
            forEachUsedPart(index) { part in
                for slot in 0..<Self.partEntryCount
                where host == nil || part[slot].writeTag &+ part[slot].bias == host {
                    part[slot].writeTag = TranslationEntry.invalidTag
                }
            }
        }
    }
}
