// An open file of the host: reads and writes at offsets that are whole or fail.
import Glibc

/// An open file or block device, closed when the object goes.
///
/// All functions may be called on any thread: positions are arguments, never state. System calls
/// that a signal interrupts are made again.
public final class File: Sendable {
    /// What a file may be used for.
    public enum Access: Sendable {
        /// Only `read` works.
        case readOnly
        /// Everything works.
        case readWrite
    }

    /// What a path leads to.
    public enum Kind: Sendable {
        /// A file with bytes of its own.
        case regular
        /// A directory.
        case directory
        /// A disk of the host, or a part of one.
        case blockDevice
        /// A terminal, a pipe, a socket or another character device.
        case other
    }

    /// The path as it was given, for messages.
    public let path: String
    let descriptor: Int32

    /// Opens what is at `path`; does not wait for anything, not even for the other end of a pipe.
    /// - Throws: `HostError`, for instance with ENOENT, EACCES, EISDIR or EROFS.
    public init(opening path: String, _ access: Access) throws(HostError) {
        let flags = (access == .readOnly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        descriptor = try File.retrying("open \(path)") { Int(open(path, flags)) }.descriptor
        self.path = path
    }

    deinit {
        // A process that is just being started has a copy of the descriptor until it runs its own program: closing
        // this one would leave the lock with it for a while.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// What kind of file this is.
    public func kind() throws(HostError) -> Kind {
        switch try status().st_mode & S_IFMT {
        case S_IFREG: return .regular
        case S_IFDIR: return .directory
        case S_IFBLK: return .blockDevice
        default: return .other
        }
    }

    /// The size in bytes of a regular file or a block device.
    public func byteCount() throws(HostError) -> UInt64 {
        UInt64(try File.retrying("find the size of \(path)") { lseek(descriptor, 0, SEEK_END) })
    }

    /// Makes a regular file shorter, or longer with zeros that take no space.
    public func resize(to byteCount: UInt64) throws(HostError) {
        let name = "resize \(path)"
        let length = try File.position(byteCount, name)
        _ = try File.retrying(name) { Int(ftruncate(descriptor, length)) }
    }

    /// Fills all of `buffers`, in order, from the bytes at `offset`.
    /// - Throws: `HostError`; EIO also when the file ends before the buffers are full.
    public func read(into buffers: [UnsafeMutableRawBufferPointer], at offset: UInt64) throws(HostError) {
        let vectors = buffers.map { iovec(iov_base: $0.baseAddress, iov_len: $0.count) }
        try transfer(vectors, at: offset, "read", preadv)
    }

    /// Writes all of `buffers`, in order, at `offset`. After an error some of it may be written.
    public func write(_ buffers: [UnsafeRawBufferPointer], at offset: UInt64) throws(HostError) {
        let vectors = buffers.map {
            iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        try transfer(vectors, at: offset, "write", pwritev)
    }

    /// Waits until everything written is on the medium.
    public func synchronizeData() throws(HostError) {
        _ = try File.retrying("flush \(path)") { Int(fdatasync(descriptor)) }
    }

    func status() throws(HostError) -> stat {
        var status = stat()
        _ = try File.retrying("examine \(path)") { Int(fstat(descriptor, &status)) }
        return status
    }

    private typealias Transfer = (Int32, UnsafePointer<iovec>?, Int32, off_t) -> Int

    /// Repeats `call` until all bytes have moved; the host may move fewer than asked.
    private func transfer(
        _ vectors: [iovec], at offset: UInt64, _ verb: String, _ call: Transfer
    ) throws(HostError) {
        let name = "\(verb) \(path) at \(offset)"
        var position = try File.position(offset, name)
        var waiting = vectors.filter { $0.iov_len > 0 }[...]
        while !waiting.isEmpty {
            let moved = try File.retrying(name) {
                waiting.withUnsafeBufferPointer {
                    call(descriptor, $0.baseAddress, Int32(min($0.count, File.maximumVectors)), position)
                }
            }
            guard moved > 0 else { throw HostError("\(name): the file ends there", code: EIO) }
            position += off_t(moved)
            waiting.consume(moved)
        }
    }

    /// IOV_MAX of Linux: more in one call is EINVAL.
    private static let maximumVectors = 1024

    /// Makes a system call until no signal interrupts it; -1 is thrown with its `errno`.
    static func retrying(_ operation: String, _ call: () -> Int) throws(HostError) -> Int {
        while true {
            let result = call()
            if result != -1 { return result }
            if errno != EINTR { throw HostError.last(operation) }
        }
    }

    static func position(_ offset: UInt64, _ operation: String) throws(HostError) -> off_t {
        guard let position = off_t(exactly: offset) else { throw HostError(operation, code: EFBIG) }
        return position
    }
}

extension Int {
    fileprivate var descriptor: Int32 { Int32(truncatingIfNeeded: self) }
}

extension ArraySlice<iovec> {
    /// Removes the first `count` bytes.
    fileprivate mutating func consume(_ count: Int) {
        var left = count
        while left > 0, let first {
            if left < first.iov_len {
                self[startIndex] = iovec(iov_base: first.iov_base + left, iov_len: first.iov_len - left)
                return
            }
            left -= first.iov_len
            removeFirst()
        }
    }
}
