// From packages to a file system, with small packages made on the spot.
import Foundation
import Testing

@testable import GuestImages

@Suite struct RootDiskTests {
    /// Files of the packages that the configuration is made from.
    private static let packages: [(name: String, files: [String: String])] = [
        (
            "base-passwd",
            [
                "usr/share/base-passwd/passwd.master": "root:*:0:0:root:/root:/bin/bash\n",
                "usr/share/base-passwd/group.master": "root:*:0:\nshadow:*:42:\n",
            ]
        ),
        (
            "base-files",
            [
                "etc/debian_version": "13.0\n", "usr/share/base-files/profile": "p\n",
                "usr/share/base-files/motd": "m\n",
                "usr/share/base-files/dot.profile": "d\n", "usr/share/base-files/dot.bashrc": "b\n",
            ]
        ),
        (
            "libc-bin",
            ["usr/share/libc-bin/nsswitch.conf": "passwd: files\n", "usr/share/man/man1/x.1": "manual\n"]
        ),
        ("debianutils", ["usr/share/debianutils/shells": "/bin/sh\n", "bin/old-place": "1\n"]),
        (
            "libpam-runtime",
            [
                "usr/share/pam/common-auth": "$auth_primary\n$auth_additional\n",
                "usr/share/pam/common-account": "$account_primary\n",
                "usr/share/pam/common-password": "$password_primary\n",
                "usr/share/pam/common-session": "$session_primary\n$session_additional\n",
                "usr/share/pam/common-session-noninteractive": "$session_nonint_primary\n",
                "etc/pam.d/other": "a configuration file\n", "usr/share/doc/libpam-runtime/copyright": "c\n",
                "usr/share/doc/libpam-runtime/changelog.gz": "c\n",
            ]
        ),
    ]

    /// What packages have in top folders where these are not links of base-files.
    private static let unmerged: [(name: String, files: [String: String])] = [
        ("base-files", ["bin/.keep": "", "lib/.keep": "", "sbin/.keep": ""]),
        ("libc-bin", ["lib64/loader": "loader\n", "sbin/ldconfig": "l\n", "lib/x/libc": "c\n"]),
    ]

    private static func packages(for recipe: ImageRecipe) -> [(name: String, files: [String: String])] {
        guard recipe.mergedFolders != nil else { return packages }
        return packages.map { package in
            let more = unmerged.first { $0.name == package.name }?.files ?? [:]
            return (package.name, package.files.merging(more) { $1 })
        }
    }

    /// Runs the steps from "unpack" to the disk and returns the disk.
    private func makeDisk(_ scratch: ScratchFolder, _ base: String) throws -> URL {
        let store = ImageStore(root: scratch.url.appendingPathComponent("home"))
        try HostFiles.makeFolder(store.downloads)
        let context = BuildContext(
            recipe: try smallRecipe(of: base), store: store, host: BuildHost(),
            work: store.workFolder(of: "small"))
        let planned = try Self.packages(for: context.recipe).map {
            let bringsLinks = $0.name == "base-files" && context.recipe.mergedFolders == nil
            return try PlannedPackage(
                building: $0.name, files: $0.files, links: bringsLinks ? ["bin": "usr/bin"] : [:],
                in: scratch, store)
        }
        let plan = DownloadStep.Plan(rootPackages: planned, kernel: planned[0])
        func run(_ step: any BuildStep) throws {
            let folder = context.folder(of: step.name)
            try HostFiles.makeFolder(folder)
            try step.run(context, into: folder)
        }
        try HostFiles.makeFolder(context.folder(of: DownloadStep.name))
        try HostFiles.write(
            JSONEncoder().encode(plan),
            to: context.folder(of: DownloadStep.name).appendingPathComponent(DownloadStep.planFile))
        try HostFiles.makeFolder(context.folder(of: SourcesStep.name))
        try HostFiles.write(
            Data("Types: deb\n".utf8),
            to: context.folder(of: SourcesStep.name).appendingPathComponent(SourcesStep.guestFile))
        try HostFiles.makeFolder(
            context.folder(of: KernelStep.name).appendingPathComponent(
                "\(KernelStep.tree)/usr/lib/modules/6.0"))
        try run(UnpackStep())
        try run(ConfigureStep())
        try run(RootDiskStep())
        return context.folder(of: RootDiskStep.name).appendingPathComponent(RootDiskStep.file)
    }

    @Test(
        .enabled(if: ImageBuilder.missingPrograms().isEmpty, "programs of the host are missing"),
        arguments: [riscv64, amd64])
    func filesHaveTheirOwnersAndPlaces(recipe: String) throws {
        let scratch = try ScratchFolder()
        let disk = try makeDisk(scratch, recipe)
        func debugfs(_ request: String) throws -> String {
            try oracle("debugfs", ["-R", request, disk.path])
        }
        func mode(_ path: String) throws -> String {
            let words = try debugfs("stat \(path)").split(whereSeparator: \.isWhitespace).map(String.init)
            func value(_ key: String) -> String {
                words.firstIndex(of: key).map { words[$0 + 1] } ?? "?"
            }
            return "\(value("Mode:")) \(value("User:")):\(value("Group:"))"
        }
        #expect(HostFiles.byteCount(of: disk) == 64 << 20)
        #expect(try mode("/etc/shadow") == "0640 0:42")
        #expect(try mode("/etc/passwd") == "0644 0:0")
        #expect(try mode("/var/mail") == "02775 0:8")
        #expect(try mode("/usr/lib/starling/console") == "0755 0:0")
        #expect(try mode("/usr/lib/modules/6.0") == "0755 0:0")
        // A package that still uses /bin lands in /usr/bin, through a link.
        #expect(try debugfs("stat /bin").contains("usr/bin"))
        #expect(try debugfs("cat /usr/bin/old-place") == "1\n")
        #expect(try debugfs("ls /usr/share/doc/libpam-runtime").contains("copyright"))
        #expect(try !debugfs("ls /usr/share/doc/libpam-runtime").contains("changelog"))
        #expect(try !debugfs("ls /usr/share/man").contains("man1"))
        #expect(try debugfs("cat /etc/shadow").hasPrefix("root::"))
        #expect(try debugfs("stat /usr/sbin/init").contains("../bin/busybox"))
        #expect(try debugfs("cat /etc/pam.d/common-auth").contains("pam_unix.so"))
        #expect(try !debugfs("cat /etc/pam.d/common-session").contains("$"))
        #expect(try !debugfs("cat /etc/pam.d/common-session-noninteractive").contains("$"))
        try checkPackageDatabase(debugfs, scratch)
    }

    @Test(.enabled(if: ImageBuilder.missingPrograms().isEmpty, "programs of the host are missing"))
    func foldersThatNoPackageMergesAreMerged() throws {
        let scratch = try ScratchFolder()
        let disk = try makeDisk(scratch, amd64)
        func debugfs(_ request: String) throws -> String {
            try oracle("debugfs", ["-R", request, disk.path])
        }
        for name in ["bin", "lib", "lib64", "sbin"] {
            #expect(try debugfs("stat /\(name)").contains("Fast link dest: \"usr/\(name)\""))
        }
        #expect(try debugfs("cat /usr/lib64/loader") == "loader\n")
        #expect(try debugfs("cat /usr/sbin/ldconfig") == "l\n")
        #expect(try debugfs("cat /usr/lib/x/libc") == "c\n")
        // As old as the release, so that two builds give the same files.
        func time(_ path: String) throws -> Substring? {
            try debugfs("stat \(path)").split(separator: "\n").first { $0.contains("mtime:") }
        }
        #expect(try time("/lib64") == time("/etc/hostname"))
        #expect(try time("/lib64") != nil)
    }

    private func checkPackageDatabase(_ debugfs: (String) throws -> String, _ scratch: ScratchFolder) throws {
        let folder = scratch.url.appendingPathComponent("dpkg")
        for name in ["info", "updates"] { try HostFiles.makeFolder(folder.appendingPathComponent(name)) }
        try scratch.write("dpkg/status", try debugfs("cat /var/lib/dpkg/status"))
        try scratch.write("dpkg/info/format", "1\n")
        try scratch.write(
            "dpkg/info/libpam-runtime.list", try debugfs("cat /var/lib/dpkg/info/libpam-runtime.list"))
        let shown = try oracle(
            "dpkg-query",
            ["--admindir", folder.path, "--show", "--showformat", "${Package} ${db:Status-Abbrev}\n"])
        #expect(shown.split(separator: "\n").count == Self.packages.count)
        #expect(shown.contains("base-files iU"))
        let conffiles = try oracle(
            "dpkg-query",
            ["--admindir", folder.path, "--show", "--showformat", "${Conffiles}", "libpam-runtime"])
        // md5 of "a configuration file\n"
        let sum = try oracle(
            "openssl",
            [
                "dgst", "-md5", "-r",
                scratch.url.appendingPathComponent("packages/libpam-runtime/etc/pam.d/other").path,
            ])
        #expect(conffiles == " /etc/pam.d/other \(sum.prefix(32))")
        let files = try oracle("dpkg-query", ["--admindir", folder.path, "--listfiles", "libpam-runtime"])
        #expect(files.contains("/usr/share/pam/common-auth\n"))
    }
}
