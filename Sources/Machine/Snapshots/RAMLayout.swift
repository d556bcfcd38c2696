// How RAM is divided into chunks.

/// The division of RAM into chunks, which follows from its size alone.
public struct RAMLayout: Equatable, Sendable {
    /// The size of RAM in bytes.
    public let ramByteCount: UInt64
    /// The size of a chunk in bytes, a power of two; the last one may be shorter.
    public let chunkByteCount: UInt64

    /// So many chunks are never exceeded, by making them larger: each may be a mapping of its own at
    /// restore, and Linux allows a process 65530 of them (vm.max_map_count, kernel documentation, sysctl/vm).
    public static let maximumChunkCount = 32768
    /// The size of the smallest chunk in bytes.
    public static let smallestChunkByteCount: UInt64 = 64 << 10
    /// 64 TiB: what a process can map on x86-64 and is ever likely to.
    private static let maximumRAMByteCount: UInt64 = 1 << 46

    /// The layout of RAM of `ramByteCount` bytes; nil unless it is a multiple of 4096, not 0 and at most
    /// 64 TiB.
    public init?(ramByteCount: UInt64) {
        guard ramByteCount > 0, ramByteCount % 4096 == 0, ramByteCount <= Self.maximumRAMByteCount
        else { return nil }
        var chunk = Self.smallestChunkByteCount
        while (ramByteCount + chunk - 1) / chunk > UInt64(Self.maximumChunkCount) { chunk *= 2 }
        self.ramByteCount = ramByteCount
        chunkByteCount = chunk
    }

    /// The number of chunks.
    public var chunkCount: Int { Int((ramByteCount + chunkByteCount - 1) / chunkByteCount) }

    /// The bytes of RAM that chunk number `chunk` (below `chunkCount`) is.
    public func range(of chunk: Int) -> Range<UInt64> {
        let start = UInt64(chunk) * chunkByteCount
        return start..<min(start + chunkByteCount, ramByteCount)
    }
}
