// Which pages at the beginning of RAM's range are something else than RAM.

/// What of an access to an address of RAM's range reaches RAM.
public enum RAMAccess: UInt8, Sendable {
    /// Reads and writes.
    case full
    /// Reads, fetches included. Writes go to the bus.
    case readOnly
    /// Nothing: the bus decides about reads and writes.
    case none
}

/// What each page in the first mebibyte of RAM's range is: PCs have windows and ROMs there, which hide RAM or
/// protect it. All is RAM until a board says otherwise.
public final class RAMRestrictions {
    /// How much of RAM's range may be something else, in bytes.
    public static let byteCount: UInt64 = 1 << 20

    @usableFromInline static let pageShift: UInt64 = 12
    /// A `RAMAccess` for each page. Never moves, so that CPUs on other threads may look at any time.
    @usableFromInline let pages: UnsafeMutablePointer<UInt8>
    /// From this offset on everything is RAM.
    @usableFromInline var end: UInt64 = 0

    init() {
        let count = Int(Self.byteCount >> Self.pageShift)
        pages = .allocate(capacity: count)
        pages.initialize(repeating: RAMAccess.full.rawValue, count: count)
    }

    deinit { pages.deallocate() }

    /// - Parameter range: offsets into RAM, multiples of 4096 up to `byteCount`; the rest is cut off.
    func set(_ access: RAMAccess, _ range: Range<UInt64>) {
        let range = range.clamped(to: 0..<Self.byteCount)
        for page in (range.lowerBound >> Self.pageShift)..<(range.upperBound >> Self.pageShift) {
            pages[Int(page)] = access.rawValue
        }
        if access != .full { end = max(end, range.upperBound) }
    }

    /// An access to `count` bytes at `offset` reaches RAM with all of them, where it needs no more than `access`.
    @inlinable
    func permits(_ access: RAMAccess, _ offset: UInt64, _ count: UInt64) -> Bool {
        if offset >= end { return true }
        let last = min(offset &+ max(count, 1) &- 1, end &- 1)
        return (offset >> Self.pageShift...last >> Self.pageShift).allSatisfy {
            pages[Int(truncatingIfNeeded: $0)] <= access.rawValue
        }
    }
}
