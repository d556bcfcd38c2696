// Folders of the host: making, listing, renaming and removing them.
import Glibc

/// Operations on paths. Every error names the path.
public enum Folder {
    /// Makes one folder; those above it exist.
    /// - Throws: `HostError`; EEXIST when something is at the path already.
    public static func make(_ path: String, permissions: UInt32 = 0o777) throws(HostError) {
        _ = try File.retrying("make the folder \(path)") { Int(mkdir(path, mode_t(permissions))) }
    }

    /// Makes a folder and those above it; what exists stays as it is.
    public static func makeAll(_ path: String) throws(HostError) {
        if exists(path) { return }
        let parent = Folder.parent(of: path)
        if parent != path { try makeAll(parent) }
        do {
            try make(path)
        } catch {
            // Another process may have been quicker.
            if error.code != EEXIST { throw error }
        }
    }

    /// Something is at the path. A link that leads nowhere does not count.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// A folder, or a link to one, is at the path.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// A regular file, or a link to one, is at the path.
    public static func isRegularFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// The names in a folder, sorted, without `.` and `..`.
    public static func names(in path: String) throws(HostError) -> [String] {
        guard let stream = opendir(path) else { throw HostError.last("list \(path)") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) {
                    String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Moves a file or folder within one file system. An existing file is replaced, a folder with
    /// something in it is not.
    public static func rename(_ from: String, to: String) throws(HostError) {
        _ = try File.retrying("rename \(from) to \(to)") { Int(Glibc.rename(from, to)) }
    }

    /// Removes one file or link; what does not exist is fine.
    public static func removeFile(_ path: String) throws(HostError) {
        do {
            _ = try File.retrying("remove \(path)") { Int(unlink(path)) }
        } catch {
            if error.code != ENOENT { throw error }
        }
    }

    /// Removes a file, or a folder with all that is in it. Links are removed, not followed.
    public static func removeTree(_ path: String) throws(HostError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else { return try removeFile(path) }
        for name in try names(in: path) { try removeTree("\(path)/\(name)") }
        _ = try File.retrying("remove \(path)") { Int(rmdir(path)) }
    }

    /// The folder that holds what is at `path`.
    public static func parent(of path: String) -> String {
        var parts = path.split(separator: "/", omittingEmptySubsequences: true)
        _ = parts.popLast()
        let joined = parts.joined(separator: "/")
        if path.hasPrefix("/") { return "/" + joined }
        return joined.isEmpty ? "." : joined
    }

    /// The last part of a path.
    public static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// `path` seen from the root, without links being resolved.
    public static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let buffer = getcwd(nil, 0) else { return path }
        defer { free(buffer) }
        let folder = String(cString: buffer)
        let rest = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return folder.hasSuffix("/") ? folder + rest : folder + "/" + rest
    }
}
