// Files that are laid over the packages' files.
import Foundation

/// A tree on the host whose files become root's in the guest, with notes on those that do not.
struct Overlay {
    /// Where the tree is.
    let folder: URL
    /// Lines `<octal mode> <uid>:<gid> <path>` for files that are not simply root's.
    private(set) var owners: [String] = []

    init(folder: URL) { self.folder = folder }

    /// Adds a file at the absolute guest path `path`.
    mutating func addFile(_ path: String, _ contents: String, mode: mode_t = 0o644, group: UInt32 = 0) throws
    {
        try addFile(path, Data(contents.utf8), mode: mode, group: group)
    }

    /// Adds a file with any bytes.
    mutating func addFile(_ path: String, _ contents: Data, mode: mode_t = 0o644, group: UInt32 = 0) throws {
        let url = try place(path)
        try HostFiles.write(contents, to: url)
        guard chmod(url.path, mode) == 0 else { throw HostFiles.failure(url.path, errno) }
        if group != 0 { owners.append("\(String(mode, radix: 8)) 0:\(group) \(path)") }
    }

    /// Adds a symbolic link.
    mutating func addLink(_ path: String, to target: String) throws {
        let url = try place(path)
        guard symlink(target, url.path) == 0 else { throw HostFiles.failure(url.path, errno) }
    }

    /// Adds an empty folder.
    mutating func addFolder(_ path: String, mode: mode_t = 0o755, group: UInt32 = 0) throws {
        try makeFolder(path)
        // The mode is set at the end, as the umask and set-id bits would interfere.
        if mode != 0o755 || group != 0 { owners.append("\(String(mode, radix: 8)) 0:\(group) \(path)") }
    }

    private func place(_ path: String) throws -> URL {
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        try makeFolder("/" + parent)
        return folder.appendingPathComponent(path)
    }

    /// Makes a folder and those above it, readable by all whatever the umask of the user is.
    private func makeFolder(_ path: String) throws {
        var current = folder
        try HostFiles.makeFolder(current)
        chmod(current.path, 0o755)
        for part in path.split(separator: "/") {
            current.appendPathComponent(String(part))
            if mkdir(current.path, 0o755) != 0, errno != EEXIST {
                throw HostFiles.failure(current.path, errno)
            }
            chmod(current.path, 0o755)
        }
    }
}
