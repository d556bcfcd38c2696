// A disk whose bytes are those of a qcow2 image and of the files behind it.
import HostOS
import MachineCore
import Synchronization

/// A qcow2 image, for reading and writing. It is locked as long as it is open: by many for reading, or by one for
/// writing; the files behind it are locked for reading. Versions 2 and 3 of the format, with packed clusters (a write
/// makes a normal one of it), internal snapshots (they stay as they are) and subclusters.
///
/// What was written and not flushed may be lost in a crash of the process or of the host; the image
/// itself is whole after a crash at any moment, perhaps with clusters that nobody uses.
public final class QCOW2Disk: SynchronousDisk, @unchecked Sendable {
    public let name: String
    public let byteCount: UInt64
    public let isReadOnly: Bool
    /// For one thread at a time: those that have `lock`.
    private let image: QCOW2Image
    private let lock = Mutex(())

    /// The longest chain of files behind one image.
    public static let maximumBackingLevels = 64

    /// Opens and locks the image at `path`.
    /// - Parameter backing: decides which backing files may be opened.
    /// - Throws: `QCOW2Error`, which says what to do.
    public convenience init(
        path: String, readOnly: Bool, backing: QCOW2BackingPolicy = .none
    ) throws(QCOW2Error) {
        try self.init(path: path, readOnly: readOnly, chain: QCOW2BackingChain(backing))
    }

    /// Opens and locks the image at `path` for reading, as it was when an internal snapshot was made.
    /// - Parameters:
    ///   - snapshot: the number or, if none has this number, the name of the snapshot.
    ///   - backing: decides which backing files may be opened.
    /// - Throws: `QCOW2Error`, which says what to do.
    public convenience init(
        path: String, snapshot: String, backing: QCOW2BackingPolicy = .none
    ) throws(QCOW2Error) {
        let file = try QCOW2Disk.openLocked(path, readOnly: true)
        let opening = QCOW2Opening(file: file, readOnly: true, cacheByteCount: nil, snapshot: snapshot)
        try self.init(opening, chain: QCOW2BackingChain(backing))
    }

    /// Opens a file, for one user when it may be written. A device will not do: it has no end that could move, so
    /// where it was never written is not known.
    static func openLocked(_ path: String, readOnly: Bool) throws(QCOW2Error) -> File {
        do { return try File.openDisk(path, readOnly: readOnly, allowsDevices: false) } catch { throw .disk(error) }
    }

    convenience init(path: String, readOnly: Bool, chain: QCOW2BackingChain) throws(QCOW2Error) {
        let file = try QCOW2Disk.openLocked(path, readOnly: readOnly)
        try self.init(file: file, readOnly: readOnly, chain: chain)
    }

    /// A disk of a file that is open and locked.
    /// - Parameter cacheByteCount: the memory for each kind of table, for tests.
    convenience init(
        file: any HostImage, readOnly: Bool, chain: QCOW2BackingChain, cacheByteCount: UInt64? = nil
    ) throws(QCOW2Error) {
        try self.init(QCOW2Opening(file: file, readOnly: readOnly, cacheByteCount: cacheByteCount), chain: chain)
    }

    private init(_ opening: QCOW2Opening, chain: QCOW2BackingChain) throws(QCOW2Error) {
        image = try opening.image(chain)
        name = "disk \(opening.file.path)"
        byteCount = image.byteCount
        isReadOnly = opening.readOnly
    }

    /// A disk that is let go was not necessarily flushed; what it has in memory is worth keeping.
    deinit {
        if !isReadOnly { try? image.commit() }
    }

    public func perform(_ operation: BlockRequest.Operation) throws(HostError) {
        try lock.withLock { _ throws(HostError) in try performLocked(operation) }
    }

    private func performLocked(_ operation: BlockRequest.Operation) throws(HostError) {
        switch operation {
        case .read(let offset, let segments):
            let slices = segments.map(MemorySlice.init)
            try check(offset, UInt64(slices.byteCount))
            try image.read(slices, at: offset)
        case .write(let offset, let segments):
            let slices = segments.map(MemorySlice.init)
            let refcounts = try writable(offset, UInt64(slices.byteCount))
            try image.write(slices, at: offset, refcounts)
        case .flush:
            if !isReadOnly { try image.flush() }
        case .discard(let offset, let count):
            try image.discard(at: offset, count: count, writable(offset, count))
        case .writeZeroes(let offset, let count):
            try image.writeZeroes(at: offset, count: count, writable(offset, count))
        }
    }

    /// The device has checked the range already; this is worth a second look.
    private func check(_ offset: UInt64, _ count: UInt64) throws(HostError) {
        guard offset <= byteCount, count <= byteCount - offset else {
            let access = "access \(count) bytes of \(name) at \(offset)"
            throw HostError(access, code: HostError.Code.invalidArgument)
        }
    }

    /// What is needed to write a range.
    private func writable(_ offset: UInt64, _ count: UInt64) throws(HostError) -> Refcounts {
        guard !isReadOnly, let refcounts = image.refcounts else {
            throw HostError("write \(name), which is read-only", code: HostError.Code.readOnlyFileSystem)
        }
        try check(offset, count)
        return refcounts
    }
}
