// Which lines of RAM hold guest code that an engine has translated.
import HostOS
import Synchronization

/// A bit for each 64-byte line of RAM: set while translated code was made from it. Whoever writes RAM
/// asks here, so that self-modifying code needs no page protection of the host.
///
/// Each cache of translated code has its own bits in a `CodeWatcher`; here is their union. While several
/// threads run CPUs, a writer looks here after its write, and a translator sets bits before it reads
/// code: whoever comes second notices the other.
public final class CodeLines {
    /// One mask of 64 lines for each page.
    private let masks: UnsafeMutablePointer<UInt64>
    private let pageCount: Int
    private let base: GuestPhysicalAddress
    private let byteCount: UInt64
    private let mapping: MemoryMapping
    /// Guards all masks and the watchers, for those who change them.
    private let mutex = HostMutex()
    private var watchers: [CodeWatcher] = []
    /// Several threads run CPUs. Set before the first runs.
    public var isShared = false

    init(base: GuestPhysicalAddress, byteCount: UInt64) throws(HostError) {
        self.base = base
        self.byteCount = byteCount
        pageCount = Int(byteCount >> 12)
        mapping = try Self.makeMapping(byteCount)
        masks = mapping.pointer.assumingMemoryBound(to: UInt64.self)
    }

    private static func makeMapping(_ byteCount: UInt64) throws(HostError) -> MemoryMapping {
        try MemoryMapping(anonymous: max(4096, (byteCount >> 12) &* 8), usesHugePages: false)
    }

    /// Adds a cache of translated code.
    /// - Parameter written: told on the writer's thread which range of RAM was written that holds code of
    ///   the cache; after the write. When several threads run CPUs, it is told that there is something to
    ///   take (`CodeWatcher.takeWritten`).
    public func addWatcher(
        _ written: @escaping (Range<GuestPhysicalAddress>) -> Void
    ) throws(HostError) -> CodeWatcher {
        let watcher = CodeWatcher(self, try Self.makeMapping(byteCount), written)
        mutex.withLock { watchers.append(watcher) }
        return watcher
    }

    private func page(of address: GuestPhysicalAddress) -> Int? {
        let page = Int(truncatingIfNeeded: (address &- base) >> 12)
        return page < pageCount && page >= 0 ? page : nil
    }

    /// The lines with code of the page that holds `address`; 0 outside RAM.
    @inline(__always)
    public func mask(of address: GuestPhysicalAddress) -> UInt64 {
        let page = Int(truncatingIfNeeded: (address &- base) >> 12)
        return page < pageCount && page >= 0 ? masks[page] : 0
    }

    /// The bits of the lines that `count` bytes at `address`, in one page, touch.
    @inline(__always)
    public static func lines(_ address: GuestPhysicalAddress, count: UInt64) -> UInt64 {
        let first = (address & 0xfff) >> 6
        let last = min(63, ((address & 0xfff) &+ max(count, 1) &- 1) >> 6)
        return (~0 &<< first) & (~0 &>> (63 &- last))
    }

    // MARK: Writes

    /// Tells the engines if any of `count` bytes at `address`, which were written, held code.
    public func noteWrite(at address: GuestPhysicalAddress, count: UInt64) {
        guard count > 0 else { return }
        // The write must be visible before the masks are read.
        if isShared { atomicMemoryFence(ordering: .sequentiallyConsistent) }
        var page = address & ~0xfff
        while page < address &+ count {
            let start = max(page, address)
            let end = min(page &+ 4096, address &+ count)
            let lines = Self.lines(start, count: end &- start)
            if mask(of: page) & lines != 0 {
                if isShared { handOver(lines, of: page) } else { tellAll(start..<end) }
            }
            page &+= 4096
        }
    }

    private func tellAll(_ range: Range<GuestPhysicalAddress>) {
        for watcher in watchers { watcher.written(range) }
    }

    /// Gives written lines to the caches that have code there. Their bits go at once, so that nothing is
    /// given twice.
    private func handOver(_ lines: UInt64, of address: GuestPhysicalAddress) {
        guard let page = page(of: address) else { return }
        mutex.lock()
        var told: [CodeWatcher] = []
        for watcher in watchers where watcher.masks[page] & lines != 0 {
            watcher.handOver(watcher.masks[page] & lines, of: address)
            watcher.masks[page] &= ~lines
            told.append(watcher)
        }
        unite(page)
        mutex.unlock()
        for watcher in told { watcher.written(address..<(address + 4096)) }
    }

    // MARK: Changes by watchers

    fileprivate func change(
        _ watcher: CodeWatcher, _ address: GuestPhysicalAddress, _ body: (inout UInt64) -> Bool
    ) -> Bool {
        guard let page = page(of: address) else { return false }
        return mutex.withLock {
            let result = body(&watcher.masks[page])
            unite(page)
            return result
        }
    }

    private func unite(_ page: Int) { masks[page] = watchers.reduce(0) { $0 | $1.masks[page] } }

    fileprivate func withLock<Result>(_ body: () -> Result) -> Result { mutex.withLock(body) }
}

/// The lines that one cache of translated code was made from. All but what `CodeLines` does itself is for
/// the cache's own thread.
public final class CodeWatcher {
    private let lines: CodeLines
    private let mapping: MemoryMapping
    fileprivate let masks: UnsafeMutablePointer<UInt64>
    fileprivate let written: (Range<GuestPhysicalAddress>) -> Void
    private var handedOver: [Range<GuestPhysicalAddress>] = []
    private let hasHandedOver = Atomic<Bool>(false)

    fileprivate init(
        _ lines: CodeLines, _ mapping: MemoryMapping, _ written: @escaping (Range<GuestPhysicalAddress>) -> Void
    ) {
        self.lines = lines
        self.mapping = mapping
        self.written = written
        masks = mapping.pointer.assumingMemoryBound(to: UInt64.self)
    }

    /// Adds lines of a page that has some already; false, and nothing added, when it has none: then writes
    /// to it may go unnoticed, until `begin`.
    public func add(_ mask: UInt64, of address: GuestPhysicalAddress) -> Bool {
        lines.change(self, address) { own in
            if own == 0 { return false }
            own |= mask
            return true
        }
    }

    /// Adds lines of a page in which some cache has lines, so that all writes to it are noticed; false, and
    /// nothing added, when none has.
    public func join(_ mask: UInt64, of address: GuestPhysicalAddress) -> Bool {
        lines.change(self, address) { own in
            if lines.mask(of: address) == 0 { return false }
            own |= mask
            return true
        }
    }

    /// Adds lines of a page, all writes to which are noticed from now on or will be before code is read.
    public func begin(_ mask: UInt64, of address: GuestPhysicalAddress) {
        _ = lines.change(self, address) { own in
            own |= mask
            return true
        }
    }

    /// Forgets the lines of a page but those in `mask`.
    public func retain(_ mask: UInt64, of address: GuestPhysicalAddress) {
        _ = lines.change(self, address) { own in
            own &= mask
            return true
        }
    }

    fileprivate func handOver(_ mask: UInt64, of address: GuestPhysicalAddress) {
        var rest = mask
        while rest != 0 {
            let start = address + UInt64(rest.trailingZeroBitCount) << 6
            if let last = handedOver.last, last.upperBound == start, start & 0xfff != 0 {
                handedOver[handedOver.count - 1] = last.lowerBound..<(start + 64)
            } else {
                handedOver.append(start..<(start + 64))
            }
            rest &= rest - 1
        }
        hasHandedOver.store(true, ordering: .releasing)
    }

    /// The lines that other threads wrote since this was last asked, each range in one page.
    public func takeWritten() -> [Range<GuestPhysicalAddress>] {
        guard hasHandedOver.load(ordering: .acquiring) else { return [] }
        return lines.withLock {
            defer { handedOver = [] }
            hasHandedOver.store(false, ordering: .relaxed)
            return handedOver
        }
    }
}
