// Step "unpack": the contents of the packages, as archives and control files.
import Foundation

/// Takes each package of the root file system apart: its files stay in a tar archive, because their
/// owners can only be given under fakeroot, which the step "root disk" does in one go.
struct UnpackStep: BuildStep {
    static let name = "unpack"
    var name: String { Self.name }
    let spaceNeeded: UInt64 = 220 << 20

    func run(_ context: BuildContext, into folder: URL) throws {
        let packages = Self.inOrder(try DownloadStep.plan(context).rootPackages)
        for part in ["data", "control", "lists"] {
            try HostFiles.makeFolder(folder.appendingPathComponent(part))
        }
        for (index, package) in packages.enumerated() {
            context.report(package.name, Double(index) / Double(packages.count))
            try unpack(package, context, folder)
        }
    }

    private func unpack(_ package: PlannedPackage, _ context: BuildContext, _ folder: URL) throws {
        let deb = context.store.downloads.appendingPathComponent(package.file).path
        let data = Self.data(of: package.name, folder)
        let control = Self.control(of: package.name, folder)
        try context.runner.run("dpkg-deb", ["--fsys-tarfile", deb], standardOutput: data)
        try context.runner.run("dpkg-deb", ["--control", deb, control.path])
        let names = try context.runner.output(
            "tar", ["--list", "--quoting-style=literal", "--file", data.path])
        let list = Self.list(of: package.name, folder)
        try HostFiles.write(Data(Self.dpkgList(tarNames: names).utf8), to: list)
    }

    /// base-files first: it brings the links that make `/bin` a part of `/usr`.
    static func inOrder(_ packages: [PlannedPackage]) -> [PlannedPackage] {
        packages.filter { $0.name == "base-files" } + packages.filter { $0.name != "base-files" }
    }

    /// `./usr/bin/` becomes `/usr/bin`, and the root `/.`, as dpkg lists them.
    static func dpkgList(tarNames: [UInt8]) -> String {
        let names = String(decoding: tarNames, as: UTF8.self).split(separator: "\n")
        return names.map { name in
            var path = name.hasPrefix("./") ? name.dropFirst(1) : "/" + name
            if path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
            return (path == "/" ? "/." : String(path)) + "\n"
        }.joined()
    }

    static func data(of package: String, _ folder: URL) -> URL {
        folder.appendingPathComponent("data/\(package).tar")
    }

    static func control(of package: String, _ folder: URL) -> URL {
        folder.appendingPathComponent("control/\(package)", isDirectory: true)
    }

    static func list(of package: String, _ folder: URL) -> URL {
        folder.appendingPathComponent("lists/\(package).list")
    }

    /// Extracts some files of an unpacked package (`/etc/issue`, folders with all in them).
    static func extract(_ paths: [String], of package: String, into folder: URL, _ context: BuildContext)
        throws
    {
        let archive = data(of: package, context.folder(of: name))
        try HostFiles.makeFolder(folder)
        let members = paths.map { ".\($0)" }
        try context.runner.run(
            "tar", ["--extract", "--file", archive.path, "-C", folder.path, "--"] + members)
    }
}
