// A disk whose contents can be put in another file, and taken back to an earlier moment.
import HostOS
import MachineCore
import Synchronization

/// Passes requests to another disk, which can be exchanged between requests (a snapshot puts an overlay on the
/// disk), and keeps what is overwritten as long as a recording wants it.
public final class ManagedDisk: SynchronousDisk {
    private struct State {
        /// nil where an exchange has failed: every request fails.
        var disk: (any SynchronousDisk)?
        /// What was overwritten since each mark, oldest first; nil while nobody records.
        var undo: [[Overwritten]]?
        var undoByteCount = 0
    }

    private struct Overwritten {
        let offset: UInt64
        let bytes: [UInt8]
    }

    public let name: String
    public let byteCount: UInt64
    public let isReadOnly: Bool
    private let state: Mutex<State>

    /// A disk with the contents of `disk`.
    public init(_ disk: any SynchronousDisk) {
        name = disk.name
        byteCount = disk.byteCount
        isReadOnly = disk.isReadOnly
        state = Mutex(State(disk: disk))
    }

    private func disk() throws(HostError) -> any SynchronousDisk {
        guard let disk = state.withLock({ $0.disk }) else {
            throw HostError("use \(name), whose file was lost in a snapshot", code: HostError.Code.badDescriptor)
        }
        return disk
    }

    public func perform(_ operation: BlockRequest.Operation) throws(HostError) {
        switch operation {
        case .write(let offset, let segments):
            try keep(offset, segments.reduce(0) { $0 + UInt64($1.count) })
        case .discard(let offset, let count), .writeZeroes(let offset, let count): try keep(offset, count)
        case .read, .flush: break
        }
        try disk().perform(operation)
    }

    /// Makes what was written durable, closes the file, and goes on with another one of the same size. No request
    /// may be in flight.
    /// - Parameters:
    ///   - open: opens the other file, when nobody has this one any more.
    ///   - reopen: opens this one again, when that has failed.
    /// - Throws: what `open` throws, or `HostError` when the flush fails; the disk is as it was then.
    public func exchange(
        _ open: () throws -> any SynchronousDisk, else reopen: () throws -> any SynchronousDisk
    ) throws {
        if !isReadOnly { try disk().perform(.flush) }
        state.withLock { $0.disk = nil }
        do {
            let other = try open()
            state.withLock { $0.disk = other }
        } catch {
            let same = try reopen()
            state.withLock { $0.disk = same }
            throw error
        }
    }

    /// Closes the file and gives its lock back; every later request fails.
    public func close() { state.withLock { $0.disk = nil } }

    // MARK: Going back

    /// How many bytes of memory are kept.
    public var undoByteCount: Int { state.withLock { $0.undoByteCount } }

    /// Begins to keep what is overwritten, if `isOn`; otherwise forgets it.
    public func keepsOverwritten(_ isOn: Bool) {
        state.withLock { state in
            state.undo = isOn && !isReadOnly ? [[]] : nil
            state.undoByteCount = 0
        }
    }

    /// Marks a moment that `undo` can go back to. The beginning is one.
    public func mark() { state.withLock { $0.undo?.append([]) } }

    /// Forgets the oldest mark.
    public func forgetOldestMark() {
        state.withLock { state in
            guard let undo = state.undo, undo.count > 1 else { return }
            state.undoByteCount -= undo[0].reduce(0) { $0 + $1.bytes.count }
            state.undo?.removeFirst()
        }
    }

    /// Writes back what was overwritten since mark number `mark`, from 0 for the oldest, and forgets later ones.
    /// - Throws: `HostError` when the host can not write.
    public func undo(to mark: Int) throws(HostError) {
        let disk = try disk()
        let kept = state.withLock { $0.undo ?? [] }
        guard mark < kept.count else { return }
        for overwritten in kept[mark...].joined().reversed() { try Self.write(overwritten, to: disk) }
        state.withLock { state in
            state.undo = Array(kept[..<mark]) + [[]]
            state.undoByteCount = state.undo?.joined().reduce(0) { $0 + $1.bytes.count } ?? 0
        }
    }

    private static func write(_ overwritten: Overwritten, to disk: any SynchronousDisk) throws(HostError) {
        try withSegment(overwritten.bytes.count, overwritten.bytes) { segment throws(HostError) in
            try disk.perform(.write(offset: overwritten.offset, from: [segment]))
        }
    }

    private func keep(_ offset: UInt64, _ count: UInt64) throws(HostError) {
        let isKept = state.withLock { $0.undo != nil }
        let disk = try disk()
        guard isKept, offset <= byteCount, count <= byteCount - offset else { return }
        var done: UInt64 = 0
        while done < count {
            let length = min(count - done, 1 << 20)
            let bytes = try Self.withSegment(Int(length), nil) { segment throws(HostError) in
                try disk.perform(.read(offset: offset + done, into: [segment]))
            }
            state.withLock { state in
                guard let last = state.undo?.indices.last else { return }
                state.undo?[last].append(Overwritten(offset: offset + done, bytes: bytes))
                state.undoByteCount += bytes.count
            }
            done += length
        }
    }

    /// Calls `body` with memory of `count` bytes that holds `bytes`; returns what it holds afterwards.
    @discardableResult
    private static func withSegment(
        _ count: Int, _ bytes: [UInt8]?, _ body: (MemorySegment) throws(HostError) -> Void
    ) throws(HostError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 4096)
        defer { buffer.deallocate() }
        if let bytes { buffer.copyBytes(from: bytes) }
        guard let pointer = buffer.baseAddress else { return [] }
        try body(MemorySegment(pointer: pointer, count: count))
        return Array(buffer.prefix(count))
    }
}
