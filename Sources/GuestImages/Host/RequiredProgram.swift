// The programs of the host that a build runs.
import Foundation

/// A program and the Debian package that brings it.
public struct RequiredProgram: Equatable, Sendable {
    /// The name of the program.
    public let name: String
    /// The Debian package to install for it.
    public let debianPackage: String

    /// Everything that a build needs.
    public static let all: [RequiredProgram] = [
        ("apt-get", "apt"), ("depmod", "kmod"), ("dpkg-deb", "dpkg"), ("e2fsck", "e2fsprogs"),
        ("fakeroot", "fakeroot"), ("md5sum", "coreutils"), ("mke2fs", "e2fsprogs"), ("sh", "dash"),
        ("sha256sum", "coreutils"), ("tar", "tar"), ("xz", "xz-utils"),
    ].map(RequiredProgram.init(name:debianPackage:))

    /// Those of `programs` that are in none of the folders of `searchPath`.
    static func missing(_ programs: [RequiredProgram] = all, searchPath: [String]) -> [RequiredProgram] {
        programs.filter { program in
            !searchPath.contains { access("\($0)/\(program.name)", X_OK) == 0 }
        }
    }
}
