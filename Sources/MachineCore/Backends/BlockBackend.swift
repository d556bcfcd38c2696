// What a block device needs from whatever holds its data.

/// The outcome of a block request.
public enum BlockStatus: UInt8, Sendable, Codable {
    case success
    /// The host could not read or write; the cause is in the machine's log.
    case ioError
    /// The back end does not do this kind of request.
    case unsupported
}

/// One contiguous piece of guest memory, already checked to be RAM.
public struct MemorySegment: @unchecked Sendable {
    /// Host address of the first byte; stays valid as long as the machine's RAM.
    public let pointer: UnsafeMutableRawPointer
    /// Length in bytes.
    public let count: Int

    /// A piece of RAM; the caller got `pointer` from `GuestMemory`.
    public init(pointer: UnsafeMutableRawPointer, count: Int) {
        self.pointer = pointer
        self.count = count
    }
}

/// One request to a block back end. Offsets and lengths are in bytes and inside the disk; the
/// device has checked them.
public struct BlockRequest: Sendable {
    /// What to do.
    public enum Operation: Sendable {
        /// Fills the segments from the disk at the offset.
        case read(offset: UInt64, into: [MemorySegment])
        /// Writes the segments to the disk at the offset.
        case write(offset: UInt64, from: [MemorySegment])
        /// Makes all completed writes durable.
        case flush
        /// The range's contents are no longer needed; they read as zeros or as before.
        case discard(offset: UInt64, count: UInt64)
        /// The range reads as zeros afterwards.
        case writeZeroes(offset: UInt64, count: UInt64)
    }

    /// What to do.
    public let operation: Operation

    /// A request.
    public init(_ operation: Operation) { self.operation = operation }
}

/// A disk's contents. Requests complete in any order, each exactly once, on the machine's runner
/// thread, never from inside `submit`.
public protocol BlockBackend: AnyObject {
    /// The disk's size in bytes, a multiple of 512.
    var byteCount: UInt64 { get }
    /// Writes are refused.
    var isReadOnly: Bool { get }
    /// Starts `request`; `completion` is called later with the outcome.
    func submit(_ request: BlockRequest, completion: @escaping (BlockStatus) -> Void)
}
