// Step "kernel": the kernel file and the modules.
import Foundation

/// Takes the unmodified kernel out of its package, and the part of its modules that the recipe names.
struct KernelStep: BuildStep {
    static let name = "kernel"
    var name: String { Self.name }
    let spaceNeeded: UInt64 = 480 << 20

    /// The kernel file, as in the package.
    static let kernelFile = "kernel"
    /// A tree with `usr/lib/modules/<release>`.
    static let tree = "tree"

    func run(_ context: BuildContext, into folder: URL) throws {
        let package = try DownloadStep.plan(context).kernel
        let deb = context.store.downloads.appendingPathComponent(package.file)
        let all = folder.appendingPathComponent("all", isDirectory: true)
        context.report(package.name, nil)
        try context.runner.run("dpkg-deb", ["--extract", deb.path, all.path])
        let boot = all.appendingPathComponent("boot")
        guard let kernel = try HostFiles.names(in: boot).first(where: { $0.hasPrefix("vmlinu") }) else {
            throw ImageError.unexpectedPackage(
                package: package.name, reason: "it has no /boot/vmlinux-<release> or vmlinuz-<release>")
        }
        try HostFiles.rename(
            boot.appendingPathComponent(kernel), to: folder.appendingPathComponent(Self.kernelFile))
        context.report("modules", nil)
        try takeModules(from: all, to: folder.appendingPathComponent(Self.tree), context, package)
        try HostFiles.remove(all)
    }

    private func takeModules(
        from all: URL, to tree: URL, _ context: BuildContext, _ package: PlannedPackage
    ) throws {
        // Before merged /usr the modules were in /lib.
        let candidates = ["usr/lib/modules", "lib/modules"].map(all.appendingPathComponent)
        guard let modules = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path) }),
            let release = try HostFiles.names(in: modules).first
        else { throw ImageError.unexpectedPackage(package: package.name, reason: "it has no modules") }
        let from = modules.appendingPathComponent(release, isDirectory: true)
        let to = tree.appendingPathComponent("usr/lib/modules/\(release)", isDirectory: true)
        try HostFiles.makeFolder(to)
        for name in try HostFiles.names(in: from) where name.hasPrefix("modules.") {
            try HostFiles.rename(from.appendingPathComponent(name), to: to.appendingPathComponent(name))
        }
        for part in context.recipe.moduleFolders {
            let source = from.appendingPathComponent("kernel/\(part)")
            // Not every architecture has every driver.
            guard FileManager.default.fileExists(atPath: source.path) else { continue }
            let target = to.appendingPathComponent("kernel/\(part)")
            try HostFiles.makeFolder(target.deletingLastPathComponent())
            try HostFiles.rename(source, to: target)
        }
        // depmod looks in <base>/lib/modules.
        try context.runner.run("depmod", ["-b", tree.appendingPathComponent("usr").path, release])
        // The tables are as old as the modules, not as the build.
        let tables = try HostFiles.names(in: to).filter { $0.hasPrefix("modules.") }
        let paths = tables.map { to.appendingPathComponent($0).path }
        guard let origin = paths.first(where: { $0.hasSuffix("/modules.order") }) else { return }
        try context.runner.run("touch", ["-r", origin, "--"] + paths.filter { $0 != origin })
    }

    /// The folder of the modules of a finished step.
    static func modules(_ context: BuildContext) throws -> URL {
        let parent = context.folder(of: name).appendingPathComponent("\(tree)/usr/lib/modules")
        guard let release = try HostFiles.names(in: parent).first else {
            throw ImageError.fileSystem(path: parent.path, reason: "it is empty")
        }
        return parent.appendingPathComponent(release, isDirectory: true)
    }
}
