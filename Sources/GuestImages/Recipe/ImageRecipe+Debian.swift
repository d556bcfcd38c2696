// The small Debian system that every Debian recipe shares.

extension ImageRecipe {
    /// A small but real Debian: what the archive marks as required, apt, an editor, Python, OpenSSL
    /// and the network tools, on a 1 GiB disk.
    /// - Parameters:
    ///   - diskUUID: the UUID of the root file system, one per recipe: disks of two images may meet in
    ///     one machine.
    ///   - drivers: modules that the board's disk needs besides virtio's own.
    ///   - kernelWords: what the kernel command line gets besides the words of all recipes.
    static func debian(
        suite: String, architecture: String, board: String, diskUUID: String, drivers: [String] = [],
        kernelWords: [String] = []
    ) -> ImageRecipe {
        let isBookworm = suite == "bookworm"
        return ImageRecipe(
            name: "debian-\(suite)-\(architecture)",
            summary: "Debian \(suite) for \(architecture): kernel, initramfs and a 1 GiB root disk",
            architecture: architecture,
            board: board,
            suite: suite,
            packages: (isBookworm ? bookwormEssentials : essentialPackages) + usefulPackages,
            kernelPackage: "linux-image-\(architecture)",
            initramfsModules: drivers + initramfsModules,
            moduleFolders: isBookworm ? bookwormModuleFolders : moduleFolders,
            alternatives: debianAlternatives,
            excludedPaths: documentation,
            diskByteCount: 1 << 30,
            fileSystemUUID: diskUUID,
            hostName: "starling",
            kernelCommandLine: (standardKernelWords + kernelWords).joined(separator: " "),
            mergedFolders: isBookworm ? ["bin", "lib", "lib64", "sbin"] : nil
        )
    }

    private static let standardKernelWords = ["root=/dev/vda", "rw", "console=ttyS0", "quiet"]

    /// As of trixie.
    private static let essentialPackages = [
        "base-files", "base-passwd", "bash", "bsdutils", "coreutils", "dash", "debconf", "debianutils",
        "diffutils", "dpkg", "findutils", "grep", "gzip", "hostname", "init-system-helpers", "libc-bin",
        "login", "login.defs", "mawk", "mount", "ncurses-base", "ncurses-bin", "passwd", "perl-base",
        "sed", "sysvinit-utils", "tar", "tzdata", "util-linux",
    ]

    /// Before trixie `login` brings `/etc/login.defs`, and one of two packages must stand for merged
    /// folders: this one, as the other has all of Perl with it.
    private static let bookwormEssentials =
        essentialPackages.filter { $0 != "login.defs" } + ["usr-is-merged"]

    /// Not ca-certificates, whose set-up would take an interpreted guest a quarter of an hour.
    private static let usefulPackages = [
        "apt", "busybox-static", "bzip2", "debian-archive-keyring", "e2fsprogs",
        "file", "iproute2", "kmod", "less", "openssl", "procps", "python3-minimal", "vim-tiny",
        "xz-utils",
    ]

    /// ext4 asks the kernel's crypto layer for crc32c by name, which modules.dep does not show.
    private static let initramfsModules = [
        "virtio-rng", "virtio_blk", "crc32c_generic", "ext4",
    ]

    /// What a virtual machine can use; drivers of real boards (three quarters of the tree) stay out.
    private static let moduleFolders = [
        "arch", "block", "crypto", "fs", "lib", "net", "virt", "drivers/block", "drivers/char/hw_random",
        "drivers/md", "drivers/net/bonding", "drivers/net/dummy.ko.xz", "drivers/net/ipvlan",
        "drivers/net/macvlan.ko.xz", "drivers/net/macvtap.ko.xz", "drivers/net/net_failover.ko.xz",
        "drivers/net/tap.ko.xz", "drivers/net/tun.ko.xz", "drivers/net/veth.ko.xz",
        "drivers/net/virtio_net.ko.xz", "drivers/net/vxlan", "drivers/net/wireguard", "drivers/vhost",
        "drivers/virtio",
    ]

    /// Since trixie modules are compressed.
    private static let bookwormModuleFolders = moduleFolders.map { $0.replacing(".ko.xz", with: ".ko") }

    /// Manuals and translations; of each package's documentation only the copyright stays.
    private static let documentation = [
        "/usr/share/doc/*/[!c]*", "/usr/share/doc/*/c[!o]*", "/usr/share/man/*", "/usr/share/info/*",
        "/usr/share/locale/*", "/usr/share/lintian/*",
    ]

    private static let debianAlternatives = [
        Alternative(link: "/usr/bin/awk", target: "/usr/bin/mawk"),
        Alternative(link: "/usr/bin/nawk", target: "/usr/bin/mawk", leader: "/usr/bin/awk"),
        Alternative(link: "/usr/bin/pager", target: "/usr/bin/less"),
        Alternative(link: "/usr/bin/editor", target: "/usr/bin/vim.tiny"),
        Alternative(link: "/usr/bin/vi", target: "/usr/bin/vim.tiny"),
        Alternative(link: "/usr/bin/view", target: "/usr/bin/vim.tiny"),
        Alternative(link: "/usr/bin/ex", target: "/usr/bin/vim.tiny"),
        Alternative(link: "/usr/bin/which", target: "/usr/bin/which.debianutils"),
    ]
}
