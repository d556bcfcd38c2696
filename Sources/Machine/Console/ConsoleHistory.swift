// The end of what a console printed, for clients that are behind or come later.

/// A ring of bytes. Positions count all bytes since the beginning, so that every reader keeps its own
/// and one copy serves all.
struct ConsoleHistory {
    /// How far behind a reader can be, in bytes; a power of two.
    static let capacity = 1 << 20
    /// How much a new reader gets of what was printed before, in bytes.
    static let replayed = 1 << 16

    private var storage = [UInt8](repeating: 0, count: capacity)
    /// The position of the next byte.
    private(set) var end: UInt64 = 0

    /// The oldest position that can be read.
    private var start: UInt64 { end - min(end, UInt64(Self.capacity)) }
    /// Where a new reader begins.
    var replayStart: UInt64 { end - min(end, UInt64(Self.replayed)) }

    mutating func append(_ bytes: [UInt8]) {
        for byte in bytes {
            storage[Self.index(end)] = byte
            end &+= 1
        }
    }

    /// Up to `limit` bytes from `position` on; nil when the first of them are gone.
    func bytes(from position: UInt64, limit: Int) -> [UInt8]? {
        guard position >= start, position <= end else { return nil }
        let stop = min(end, position + UInt64(limit))
        return (position..<stop).map { storage[Self.index($0)] }
    }

    private static func index(_ position: UInt64) -> Int { Int(truncatingIfNeeded: position) & (capacity - 1) }
}
