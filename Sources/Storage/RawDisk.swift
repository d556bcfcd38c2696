// A disk whose bytes are those of a file, one to one.
import HostOS
import MachineCore

/// A raw disk image, or a block device of the host. It is locked as long as it is open: by many for
/// reading, or by one for writing.
public final class RawDisk: SynchronousDisk {
    public let name: String
    public let byteCount: UInt64
    public let isReadOnly: Bool
    private let file: File

    /// Opens and locks the image at `path`.
    /// - Throws: `DiskError`, which says what to do.
    public convenience init(path: String, readOnly: Bool) throws(DiskError) {
        let file = try File.openDisk(path, readOnly: readOnly, allowsDevices: true)
        let byteCount: UInt64
        do { byteCount = try file.byteCount() } catch { throw DiskError.host(path: path, error) }
        guard byteCount > 0 else { throw DiskError.empty(path: path) }
        guard byteCount % 512 == 0 else { throw DiskError.oddSize(path: path, byteCount: byteCount) }
        self.init(file: file, byteCount: byteCount, readOnly: readOnly)
    }

    /// A disk of a file that is known to be fit.
    init(file: File, byteCount: UInt64, readOnly: Bool) {
        name = "disk \(file.path)"
        self.file = file
        self.byteCount = byteCount
        isReadOnly = readOnly
    }

    public func perform(_ operation: BlockRequest.Operation) throws(HostError) {
        switch operation {
        case .read(let offset, let segments):
            try check(offset, segments.byteCount)
            try file.read(into: segments.map(\.buffer), at: offset)
        case .write(let offset, let segments):
            try checkWritable(offset, segments.byteCount)
            try file.write(segments.map { UnsafeRawBufferPointer($0.buffer) }, at: offset)
        case .flush:
            if !isReadOnly { try file.synchronizeData() }
        case .discard(let offset, let count):
            try checkWritable(offset, count)
            try file.punchHole(at: offset, count: count)
        case .writeZeroes(let offset, let count):
            try checkWritable(offset, count)
            try writeZeroes(at: offset, count: count)
        }
    }

    /// The device has checked the range already; a write past the end would make the file grow, so
    /// this is worth a second look.
    private func check(_ offset: UInt64, _ count: UInt64) throws(HostError) {
        guard offset <= byteCount, count <= byteCount - offset else {
            let access = "access \(count) bytes of \(name) at \(offset)"
            throw HostError(access, code: HostError.Code.invalidArgument)
        }
    }

    private func checkWritable(_ offset: UInt64, _ count: UInt64) throws(HostError) {
        guard !isReadOnly else {
            throw HostError("write \(name), which is read-only", code: HostError.Code.readOnlyFileSystem)
        }
        try check(offset, count)
    }

    /// Asks the file system first, in the order of what costs least later: space that stays, a hole,
    /// and only then real zeros.
    private func writeZeroes(at offset: UInt64, count: UInt64) throws(HostError) {
        do {
            return try file.zeroRange(at: offset, count: count)
        } catch {
            guard error.isUnsupported else { throw error }
        }
        do {
            return try file.punchHole(at: offset, count: count)
        } catch {
            guard error.isUnsupported else { throw error }
        }
        try writeRealZeroes(at: offset, count: count)
    }

    /// Writes zeros in pieces of at most 1 MiB, so that memory stays bounded.
    func writeRealZeroes(at offset: UInt64, count: UInt64) throws(HostError) {
        let piece = min(count, 1 << 20)
        let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(piece), alignment: 4096)
        defer { zeros.deallocate() }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        var done: UInt64 = 0
        while done < count {
            let length = min(piece, count - done)
            try file.write([UnsafeRawBufferPointer(rebasing: zeros.prefix(Int(length)))], at: offset + done)
            done += length
        }
    }
}

extension MemorySegment {
    fileprivate var buffer: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: pointer, count: count)
    }
}

extension [MemorySegment] {
    /// The bytes of all segments; they are pieces of RAM, possibly the same one many times.
    fileprivate var byteCount: UInt64 {
        reduce(0) { $0 &+ UInt64(truncatingIfNeeded: $1.count) }
    }
}

extension HostError {
    /// The host can not do such an operation at all, as opposed to having failed in it.
    var isUnsupported: Bool { code == Code.notSupported || code == Code.noSuchCall }
}
