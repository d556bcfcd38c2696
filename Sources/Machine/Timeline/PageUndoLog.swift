// What pages of RAM held before they were written, interval by interval.
import MachineCore

/// Keeps the old contents of every page that is written for the first time after a mark. Going back from now to a
/// mark is writing them back, from the latest interval to that of the mark.
struct PageUndoLog {
    private struct Interval {
        var pages: [UInt32] = []
        var contents: [UInt8] = []
    }

    private static let pageByteCount = 4096
    /// Never empty: the last one is that of now.
    private var intervals = [Interval()]

    /// The memory that the log takes, in bytes.
    var byteCount: Int { intervals.reduce(0) { $0 + $1.contents.count } }

    /// Keeps page number `page` of `memory`, which is about to be written.
    mutating func keep(_ page: Int, of memory: GuestMemory) {
        let start = memory.hostBase + page * Self.pageByteCount
        let last = intervals.count - 1
        intervals[last].pages.append(UInt32(truncatingIfNeeded: page))
        intervals[last].contents.append(
            contentsOf: UnsafeRawBufferPointer(start: start, count: Self.pageByteCount))
    }

    /// Marks now. The first mark, number 0, is that of the log's beginning.
    mutating func mark() { intervals.append(Interval()) }

    /// Forgets the oldest mark: nobody goes back there any more.
    mutating func forgetOldestMark() { if intervals.count > 1 { intervals.removeFirst() } }

    /// Brings `memory` back to mark number `mark`, and forgets later ones.
    mutating func undo(to mark: Int, in memory: GuestMemory) {
        for interval in intervals[mark...].reversed() {
            interval.contents.withUnsafeBytes { contents in
                for (index, page) in interval.pages.enumerated() {
                    let start = index * Self.pageByteCount
                    let bytes = UnsafeRawBufferPointer(rebasing: contents[start..<(start + Self.pageByteCount)])
                    _ = memory.write(bytes, at: memory.base + UInt64(page) * UInt64(Self.pageByteCount))
                }
            }
        }
        intervals.removeSubrange(mark...)
        intervals.append(Interval())
    }
}
