// Which pages of RAM were written since someone last asked.
import HostOS

/// A mark for each 4096-byte page of RAM, set when the page is written. Incremental snapshots are made of it.
///
/// A page without a mark is in no TLB for writing, so that its first write comes to a slow path, which sets
/// the mark; later ones cost nothing. Threads of several CPUs may set marks at the same
/// time; only who has stopped them all takes marks back.
public final class DirtyLog {
    private let base: GuestPhysicalAddress
    /// The number of pages.
    public let pageCount: Int
    private let mapping: MemoryMapping
    private let marks: UnsafeMutablePointer<UInt8>

    init(base: GuestPhysicalAddress, byteCount: UInt64) throws(HostError) {
        self.base = base
        pageCount = Int(byteCount >> 12)
        mapping = try MemoryMapping(anonymous: max(4096, UInt64(pageCount)), usesHugePages: false)
        marks = mapping.pointer.assumingMemoryBound(to: UInt8.self)
    }

    /// The page that holds `address`, which is in RAM, was written.
    @inline(__always)
    public func isDirty(_ address: GuestPhysicalAddress) -> Bool {
        let page = Int(truncatingIfNeeded: (address &- base) >> 12)
        return page >= 0 && page < pageCount && marks[page] != 0
    }

    /// Page number `page` was written.
    public subscript(page page: Int) -> Bool { page >= 0 && page < pageCount && marks[page] != 0 }

    /// Marks the pages of `count` bytes at `address`; what is outside RAM does not count.
    @inline(__always)
    public func mark(_ address: GuestPhysicalAddress, count: UInt64) {
        guard count > 0 else { return }
        let offset = address &- base
        var page = Int(truncatingIfNeeded: offset >> 12)
        let last = Int(truncatingIfNeeded: (offset &+ (count - 1)) >> 12)
        while page <= last {
            if page >= 0 && page < pageCount { marks[page] = 1 }
            page += 1
        }
    }

    /// Marks no page. The caller sees to it that no TLB lets writes pass afterwards.
    public func clear() { marks.update(repeating: 0, count: pageCount) }

    /// Marks all pages: what RAM holds has nothing to do with what was seen before.
    public func markAll() { marks.update(repeating: 1, count: pageCount) }

    /// The number of marked pages.
    public var count: Int {
        var sum = 0
        for page in 0..<pageCount where marks[page] != 0 { sum += 1 }
        return sum
    }
}
