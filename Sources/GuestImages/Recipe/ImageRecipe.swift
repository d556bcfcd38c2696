// What a guest image is made from, as plain data.

/// The recipe of one guest image: everything that decides its contents, apart from the versions
/// that the archive offers on the day of the build.
public struct ImageRecipe: Codable, Equatable, Sendable {
    /// The name of the image and of its folder in the store.
    public var name: String
    /// One line for people.
    public var summary: String
    /// The Debian name of the processor architecture, for instance `riscv64`.
    public var architecture: String
    /// The board that the guest runs on.
    public var board: String
    /// The code name of the Debian release, for instance `trixie`.
    public var suite: String
    /// The packages of the root file system; what they depend on comes by itself.
    public var packages: [String]
    /// The meta package that depends on the current kernel package.
    public var kernelPackage: String
    /// The modules that the initramfs loads, in this order, each after what it depends on.
    public var initramfsModules: [String]
    /// The parts of the kernel's module tree that the root file system gets, relative to
    /// `/usr/lib/modules/<release>/kernel`.
    public var moduleFolders: [String]
    /// Links as the packages' maintainer scripts make them: (link, target) below `/`.
    public var alternatives: [Alternative]
    /// Paths that are left out of the root file system: shell patterns below `/` in which `*` also
    /// stands for slashes, as both tar and dpkg read them.
    public var excludedPaths: [String]
    /// The size of the root disk in bytes; a multiple of 1 MiB.
    public var diskByteCount: UInt64
    /// The UUID of the root file system, also the seed of its directory hashes.
    public var fileSystemUUID: String
    /// The host name of the guest.
    public var hostName: String
    /// The kernel command line that a machine uses unless its user gives another one.
    public var kernelCommandLine: String
    /// Top folders (`bin`) that packages still put files into, and that are links into `/usr` in the
    /// image, as an installer makes them; nil where the packages bring the links.
    public var mergedFolders: [String]?

    /// A name that several packages can provide, and the one that provides it here.
    public struct Alternative: Codable, Equatable, Sendable {
        /// The generic path, for instance `/usr/bin/awk`.
        public var link: String
        /// What it leads to, for instance `/usr/bin/mawk`.
        public var target: String
        /// The link that this one follows (nawk follows awk); nil for one that is chosen by itself.
        public var leader: String?
    }
}
