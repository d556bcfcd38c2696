// One checksum for everything in a folder.
import Foundation

/// Checksums of whole folders: names, kinds, permissions, link targets and contents; not times.
enum FolderDigest {
    /// The SHA-256 over the sorted list of what is in `folder`.
    /// - Throws: `ImageError.fileSystem` when something cannot be read.
    static func digest(of folder: URL) throws -> String {
        var lines: [String] = []
        var files: [URL] = []
        try list(folder, prefix: "", &lines, &files)
        lines += try FileDigest.sha256(of: files)
        let listing = folder.deletingLastPathComponent()
            .appendingPathComponent(".\(folder.lastPathComponent).listing")
        try HostFiles.write(Data(lines.joined(separator: "\n").utf8), to: listing)
        defer { unlink(listing.path) }
        return try FileDigest.sha256(of: [listing])[0]
    }

    private static func list(
        _ folder: URL, prefix: String, _ lines: inout [String], _ files: inout [URL]
    ) throws {
        for name in try HostFiles.names(in: folder) {
            let url = folder.appendingPathComponent(name)
            var status = stat()
            guard lstat(url.path, &status) == 0 else { throw HostFiles.failure(url.path, errno) }
            let path = prefix + name
            lines.append("\(String(status.st_mode, radix: 8)) \(path)")
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                try list(url, prefix: path + "/", &lines, &files)
            case S_IFLNK:
                lines.append(try FileManager.default.destinationOfSymbolicLink(atPath: url.path))
            case S_IFREG:
                files.append(url)
            default:
                break
            }
        }
    }
}
