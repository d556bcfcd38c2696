// The facts of the host that a build depends on.
import Foundation

/// Where a build finds the host's apt configuration, and how it asks for free space.
struct BuildHost {
    /// The folder with `sources.list` and `sources.list.d`.
    var aptFolder = URL(fileURLWithPath: "/etc/apt", isDirectory: true)
    /// Keyrings of the Debian archive; the first that exists is used.
    var keyrings = [
        "/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp",
    ]
    /// Where programs are looked for.
    var searchPath = ProgramRunner.defaultSearchPath
    /// The bytes that can be written in the file system of a folder; nil if unknown.
    var freeByteCount: (URL) -> UInt64? = HostFiles.freeByteCount(at:)

    /// The keyring to check signatures with.
    /// - Throws: `ImageError.noKeyring`.
    func keyring() throws -> String {
        guard let found = keyrings.first(where: { access($0, R_OK) == 0 }) else {
            throw ImageError.noKeyring(searched: keyrings)
        }
        return found
    }
}
