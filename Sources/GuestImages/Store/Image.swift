// A built guest image: its manifest and where its files are.
import Foundation

/// What `image.json` says of a built image.
public struct ImageManifest: Codable, Equatable, Sendable {
    /// The format that this code writes and reads.
    public static let currentFormatVersion = 1

    /// The version of this format.
    public var formatVersion: Int
    /// The name of the image.
    public var name: String
    /// The Debian name of the processor architecture.
    public var architecture: String
    /// The board that the guest runs on, for instance `virt-riscv`.
    public var board: String
    /// The kernel, as the board's loader takes it.
    public var kernel: ImageFile
    /// The initramfs.
    public var initrd: ImageFile
    /// The root disk, a raw file.
    public var disk: ImageFile
    /// The kernel command line that a machine uses unless its user gives another one.
    public var kernelCommandLine: String
    /// The packages that the image was made from, the kernel's included, by name.
    public var packages: [PackageVersion]
    /// The suites of the archive that the packages were taken from.
    public var suites: [String]
    /// When the image was built, in UTC as ISO 8601.
    public var built: String
    /// The recipe that it was built from; an image of another recipe is not current.
    public var recipe: ImageRecipe
    /// The `ImageBuilder.revision` that built it; an image of another one is not current.
    public var builderRevision: Int
}

/// One file of an image.
public struct ImageFile: Codable, Equatable, Sendable {
    /// The name of the file in the image's folder.
    public var name: String
    /// The SHA-256 of its contents, 64 lower-case hexadecimal digits.
    public var sha256: String
    /// Its length in bytes.
    public var byteCount: UInt64
}

/// A package as it went into an image.
public struct PackageVersion: Codable, Equatable, Sendable {
    /// The Debian package name.
    public var name: String
    /// The Debian version with its epoch.
    public var version: String
    /// The Debian architecture; `all` for packages of every architecture.
    public var architecture: String
}

/// A built image in a store.
public struct Image: Equatable, Sendable {
    /// What is known of it.
    public let manifest: ImageManifest
    /// The folder that holds its files.
    public let folder: URL

    /// The name of the image.
    public var name: String { manifest.name }
    /// The kernel file.
    public var kernel: URL { folder.appendingPathComponent(manifest.kernel.name) }
    /// The initramfs file.
    public var initrd: URL { folder.appendingPathComponent(manifest.initrd.name) }
    /// The root disk file. A machine works on a copy or an overlay of it, never on the file itself.
    public var disk: URL { folder.appendingPathComponent(manifest.disk.name) }
    /// The three files as the manifest describes them.
    var files: [ImageFile] { [manifest.kernel, manifest.initrd, manifest.disk] }
}
