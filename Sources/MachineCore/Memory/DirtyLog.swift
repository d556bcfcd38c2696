// Which pages of RAM were written since someone last asked.
import HostOS

/// Marks for each 4096-byte page of RAM, set when the page is written.
///
/// A page that lacks a mark is in no TLB for writing, so that its first write comes to a slow path, which
/// sets the marks; later ones cost nothing. Threads of several CPUs may set marks at the same time; only
/// who has stopped them all takes marks back, and has the CPUs forget which pages they may write.
public final class DirtyLog {
    /// Who asks: each has marks of its own.
    public enum Reader: UInt8, Sendable {
        /// Incremental snapshots.
        case snapshots = 1
        /// A recording, which keeps what pages held before.
        case timeline = 2
    }

    private static let allMarks: UInt8 = 3

    private let base: GuestPhysicalAddress
    /// The number of pages.
    public let pageCount: Int
    private let mapping: MemoryMapping
    private let marks: UnsafeMutablePointer<UInt8>
    /// Called with a page's number before its first write since the timeline's marks were taken back. Only where CPUs
    /// take turns on one thread.
    public var pageWillBeWritten: ((Int) -> Void)?

    init(base: GuestPhysicalAddress, byteCount: UInt64) throws(HostError) {
        self.base = base
        pageCount = Int(byteCount >> 12)
        mapping = try MemoryMapping(anonymous: max(4096, UInt64(pageCount)), usesHugePages: false)
        marks = mapping.pointer.assumingMemoryBound(to: UInt8.self)
    }

    /// Nobody has to be told of a write to the page that holds `address`.
    @inline(__always)
    public func isMarked(_ address: GuestPhysicalAddress) -> Bool {
        let page = Int(truncatingIfNeeded: (address &- base) >> 12)
        return page >= 0 && page < pageCount && marks[page] == Self.allMarks
    }

    /// Page number `page` was written since `reader` asked.
    public func isDirty(page: Int, for reader: Reader) -> Bool {
        page >= 0 && page < pageCount && marks[page] & reader.rawValue != 0
    }

    /// Marks the pages of `count` bytes at `address`, which are about to be written; what is outside RAM does
    /// not count.
    @inline(__always)
    public func mark(_ address: GuestPhysicalAddress, count: UInt64) {
        guard count > 0 else { return }
        let offset = address &- base
        var page = Int(truncatingIfNeeded: offset >> 12)
        let last = Int(truncatingIfNeeded: (offset &+ (count - 1)) >> 12)
        while page <= last {
            if page >= 0 && page < pageCount && marks[page] != Self.allMarks { markFirst(page) }
            page += 1
        }
    }

    @inline(never)
    private func markFirst(_ page: Int) {
        if marks[page] & Reader.timeline.rawValue == 0 { pageWillBeWritten?(page) }
        marks[page] = Self.allMarks
    }

    /// Takes back all marks of `reader`. The caller sees to it that no TLB lets writes pass afterwards.
    public func clear(for reader: Reader) {
        for page in 0..<pageCount { marks[page] &= ~reader.rawValue }
    }

    /// Marks all pages: nothing is known of what `reader` has.
    public func markAll(for reader: Reader) {
        for page in 0..<pageCount { marks[page] |= reader.rawValue }
    }
}
