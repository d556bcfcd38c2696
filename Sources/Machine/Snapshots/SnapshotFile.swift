// Files of snapshots: read inside limits, written so that they survive a power failure.
import HostOS

enum SnapshotFile {
    /// Opens a regular file for reading.
    /// - Throws: `SnapshotError.damaged` when there is none, `.host`.
    static func open(_ path: String) throws(SnapshotError) -> File {
        let file: File
        let kind: File.Kind
        do throws(HostError) {
            file = try File(opening: path, .readOnly)
            kind = try file.kind()
        } catch {
            guard error.code == HostError.Code.noSuchFile else { throw .host(error) }
            throw .damaged(path: path, why: "it does not exist")
        }
        guard kind == .regular else { throw .damaged(path: path, why: "it is not a regular file") }
        return file
    }

    /// All of a file of at most `limit` bytes.
    static func contents(of path: String, limit: Int) throws(SnapshotError) -> [UInt8] {
        let file = try open(path)
        let byteCount = try SnapshotError.wrapping { () throws(HostError) in try file.byteCount() }
        guard byteCount <= UInt64(limit) else {
            throw .damaged(path: path, why: "it has \(byteCount) bytes, at most \(limit) are possible")
        }
        return try read(file, at: 0, count: Int(byteCount))
    }

    /// `count` bytes, a number that the caller has checked.
    static func read(_ file: File, at offset: UInt64, count: Int) throws(SnapshotError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 8)
        defer { buffer.deallocate() }
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(count))
        try SnapshotError.wrapping { () throws(HostError) in try file.read(into: [part], at: offset) }
        return Array(part)
    }

    /// Makes a file and waits until it is on the medium; its folder is the caller's to flush.
    static func write(_ bytes: [UInt8], to path: String) throws(HostError) {
        let file = try File(creating: path)
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 8)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes)
        try file.write([UnsafeRawBufferPointer(rebasing: copy.prefix(bytes.count))], at: 0)
        try file.synchronizeData()
    }

    /// Replaces a file as a whole, also when the power fails.
    static func replace(_ path: String, with bytes: [UInt8]) throws(HostError) {
        let folder = Folder.parent(of: path)
        let work = "\(folder)/\(WorkFolder.name(for: Folder.name(of: path)))"
        try Folder.removeTree(work)
        try write(bytes, to: work)
        try Folder.rename(work, to: path)
        try flushFolder(folder)
    }

    /// Waits until the names in a folder are on the medium.
    static func flushFolder(_ path: String) throws(HostError) {
        try File(opening: path, .readOnly).synchronizeData()
    }
}
