// Making files, and reading and writing small ones as a whole.
import Glibc

extension File {
    /// Makes an empty file and opens it for reading and writing.
    /// - Throws: `HostError`; EEXIST when something is at the path already.
    public convenience init(creating path: String, permissions: UInt32 = 0o666) throws(HostError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        let descriptor = try File.retrying("make \(path)") { Int(open(path, flags, mode_t(permissions))) }
        close(Int32(truncatingIfNeeded: descriptor))
        try self.init(opening: path, .readWrite)
    }

    /// All bytes of a file, also of one without a size, such as a pipe's.
    /// - Throws: `HostError`; EFBIG when there are more than `limit` bytes.
    public static func contents(of path: String, limit: Int) throws(HostError) -> [UInt8] {
        let operation = "read \(path)"
        let descriptor = Int32(truncatingIfNeeded: try retrying(operation) { Int(open(path, O_RDONLY | O_CLOEXEC)) })
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try retrying(operation) { Glibc.read(descriptor, &chunk, chunk.count) }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else { throw HostError(operation, code: EFBIG) }
            bytes += chunk.prefix(count)
        }
    }

    /// Replaces the file at `path` by `bytes`: a reader sees the old contents or the new ones, never a
    /// part. What is no regular file (a pipe, a terminal) is written to.
    public static func replace(_ path: String, with bytes: [UInt8], permissions: UInt32 = 0o666) throws(HostError) {
        if Folder.exists(path) && !Folder.isRegularFile(path) { return try write(bytes, into: path, O_WRONLY, 0) }
        let temporary = "\(Folder.parent(of: path))/.\(Folder.name(of: path)).\(getpid())"
        do {
            try write(bytes, into: temporary, O_WRONLY | O_CREAT | O_TRUNC, permissions)
            try Folder.rename(temporary, to: path)
        } catch {
            unlink(temporary)
            // The temporary name would mean nothing to whoever reads the message.
            throw HostError("write \(path)", code: error.code)
        }
    }

    private static func write(
        _ bytes: [UInt8], into path: String, _ flags: Int32, _ permissions: UInt32
    ) throws(HostError) {
        let operation = "write \(path)"
        let opened = try retrying(operation) { Int(open(path, flags | O_CLOEXEC | O_NOCTTY, mode_t(permissions))) }
        let descriptor = Int32(truncatingIfNeeded: opened)
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            rest = rest.dropFirst(
                try retrying(operation) { rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } })
        }
    }
}
