// Host memory for guest RAM and for engines' tables.
import Glibc

/// A zero-filled private mapping, released when the object goes.
public final class MemoryMapping {
    /// The first byte; page-aligned.
    public let pointer: UnsafeMutableRawPointer
    /// The length in bytes.
    public let byteCount: UInt64

    /// Maps `byteCount` bytes. Pages are taken from the host when first touched; huge pages are
    /// asked for unless `usesHugePages` is false: a guest touches its RAM all over, and each host fault
    /// costs microseconds, but a sparse table would take 2 MiB for each page of it.
    /// - Throws: `HostError` when the host refuses.
    public init(anonymous byteCount: UInt64, usesHugePages: Bool = true) throws(HostError) {
        let length = Int(truncatingIfNeeded: byteCount)
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard length > 0,
            let address = mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0), address != MAP_FAILED
        else { throw HostError.last("map \(byteCount) bytes of memory") }
        // Advice only: without huge pages everything works, more slowly.
        _ = madvise(address, length, usesHugePages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE)
        pointer = address
        self.byteCount = byteCount
    }

    deinit { munmap(pointer, Int(truncatingIfNeeded: byteCount)) }
}
