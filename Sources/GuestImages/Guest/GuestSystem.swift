// The configuration of the guest's system.
import Foundation

/// Writes what an installer would: accounts, names, mounts, apt's source, links.
struct GuestSystem {
    let recipe: ImageRecipe
    /// Where files of the packages are that the configuration is made from.
    let references: URL

    /// The group that may read the password files, as base-passwd numbers it.
    private static let shadowGroup: UInt32 = 42
    private static let mailGroup: UInt32 = 8

    /// Gets the templates out of the packages.
    func extractReferences(_ context: BuildContext) throws {
        let wanted = [
            ("base-passwd", ["/usr/share/base-passwd"]),
            ("base-files", ["/usr/share/base-files", "/etc/debian_version"]),
            ("libc-bin", ["/usr/share/libc-bin/nsswitch.conf"]),
            ("debianutils", ["/usr/share/debianutils/shells"]),
            ("libpam-runtime", ["/usr/share/pam"]),
        ]
        for (package, paths) in wanted {
            try UnpackStep.extract(paths, of: package, into: references, context)
        }
    }

    /// When the release that the image is made from came out, in seconds since 1970.
    func releaseTime() throws -> Int {
        let url = references.appendingPathComponent("etc/debian_version")
        var status = stat()
        guard stat(url.path, &status) == 0 else { throw HostFiles.failure(url.path, errno) }
        return status.st_mtim.tv_sec
    }

    /// Writes everything but the start-up scripts.
    func write(to overlay: inout Overlay, aptSources: String) throws {
        try addAccounts(to: &overlay)
        try addNames(to: &overlay)
        try addTemplates(to: &overlay)
        try LoginModules(references: references).write(to: &overlay)
        try addLinks(to: &overlay)
        try overlay.addFile("/etc/apt/sources.list.d/debian.sources", aptSources)
        let excludes = recipe.excludedPaths.map { "path-exclude=\($0)\n" }
        try overlay.addFile(
            "/etc/dpkg/dpkg.cfg.d/starling-small",
            "# This image leaves out documentation; remove this file to get it with new packages.\n"
                + excludes.joined())
        for folder in [
            "/mnt", "/srv", "/opt", "/media", "/etc/opt", "/var/opt", "/usr/local/bin", "/usr/local/sbin",
        ] {
            try overlay.addFolder(folder)
        }
        try overlay.addFolder("/var/mail", mode: 0o2775, group: Self.mailGroup)
    }

    private func addAccounts(to overlay: inout Overlay) throws {
        let accounts = Accounts(
            passwdMaster: try reference("/usr/share/base-passwd/passwd.master"),
            groupMaster: try reference("/usr/share/base-passwd/group.master"))
        try overlay.addFile("/etc/passwd", accounts.passwd)
        try overlay.addFile("/etc/group", accounts.group)
        try overlay.addFile("/etc/shadow", accounts.shadow, mode: 0o640, group: Self.shadowGroup)
        try overlay.addFile("/etc/gshadow", accounts.groupShadow, mode: 0o640, group: Self.shadowGroup)
    }

    private func addNames(to overlay: inout Overlay) throws {
        try overlay.addFile("/etc/hostname", "\(recipe.hostName)\n")
        try overlay.addFile(
            "/etc/hosts",
            "127.0.0.1 localhost\n127.0.1.1 \(recipe.hostName)\n::1 localhost ip6-localhost ip6-loopback\n")
        try overlay.addFile("/etc/resolv.conf", "# nameserver 192.0.2.1\n")
        try overlay.addFile(
            "/etc/fstab",
            """
            # device   folder    type      options                         dump pass
            /dev/vda   /         ext4      rw,relatime                     0    1
            proc       /proc     proc      nosuid,nodev,noexec             0    0
            sysfs      /sys      sysfs     nosuid,nodev,noexec             0    0
            devtmpfs   /dev      devtmpfs  nosuid,mode=0755                0    0
            devpts     /dev/pts  devpts    nosuid,noexec,gid=5,mode=0620   0    0
            tmpfs      /dev/shm  tmpfs     nosuid,nodev                    0    0
            tmpfs      /run      tmpfs     nosuid,nodev,mode=0755          0    0
            tmpfs      /tmp      tmpfs     nosuid,nodev,mode=1777          0    0

            """)
        try overlay.addFile("/etc/default/locale", "LANG=C.UTF-8\n")
        // Empty: a machine gets its own when something first asks for it (machine-id(5)).
        try overlay.addFile("/etc/machine-id", "")
    }

    private func addTemplates(to overlay: inout Overlay) throws {
        try overlay.addFile("/etc/nsswitch.conf", try reference("/usr/share/libc-bin/nsswitch.conf"))
        try overlay.addFile("/etc/profile", try reference("/usr/share/base-files/profile"))
        try overlay.addFile("/root/.profile", try reference("/usr/share/base-files/dot.profile"))
        try overlay.addFile("/root/.bashrc", try reference("/usr/share/base-files/dot.bashrc"))
        try overlay.addFile("/etc/motd", try reference("/usr/share/base-files/motd"))
        try overlay.addFile(
            "/etc/shells", try reference("/usr/share/debianutils/shells") + "/bin/bash\n/usr/bin/bash\n")
    }

    private func addLinks(to overlay: inout Overlay) throws {
        for alternative in recipe.alternatives {
            let name = alternative.link.split(separator: "/").last ?? ""
            try overlay.addLink("/etc/alternatives/\(name)", to: alternative.target)
            try overlay.addLink(alternative.link, to: "/etc/alternatives/\(name)")
            guard alternative.leader == nil else { continue }
            // The record of update-alternatives, without which it would take the link for the user's own
            // choice: mode, link, end of the other links, then the one candidate with its priority.
            try overlay.addFile(
                "/var/lib/dpkg/alternatives/\(name)",
                "auto\n\(alternative.link)\n\n\(alternative.target)\n0\n\n")
        }
        for name in ["init", "poweroff", "halt", "reboot"] {
            try overlay.addLink("/usr/sbin/\(name)", to: "../bin/busybox")
        }
        try overlay.addLink("/etc/mtab", to: "../proc/self/mounts")
        try overlay.addLink("/etc/localtime", to: "/usr/share/zoneinfo/Etc/UTC")
        try overlay.addLink("/etc/dpkg/origins/default", to: "debian")
        try overlay.addLink("/var/run", to: "/run")
        try overlay.addLink("/var/lock", to: "/run/lock")
        try overlay.addLink("/var/spool/mail", to: "../mail")
    }

    private func reference(_ path: String) throws -> String {
        try HostFiles.text(references.appendingPathComponent(path))
    }
}
