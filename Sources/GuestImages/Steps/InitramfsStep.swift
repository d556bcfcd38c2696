// Step "initramfs": busybox, the modules of the root disk, and a script.
import Foundation

/// Writes the initramfs, uncompressed: unpacking would cost an interpreted guest more than reading.
struct InitramfsStep: BuildStep {
    static let name = "initramfs"
    var name: String { Self.name }
    let spaceNeeded: UInt64 = 32 << 20

    static let file = "initrd"
    /// The programs of busybox that the script uses; its shell finds the others by itself.
    private static let programs = [
        "sh", "mount", "umount", "insmod", "switch_root", "setsid", "cttyhack",
        "findfs", "usleep", "ls", "cat", "dmesg", "poweroff", "reboot",
    ]

    func inputs(_ context: BuildContext) throws -> [String] { [InitramfsScript.contents] + Self.programs }

    func run(_ context: BuildContext, into folder: URL) throws {
        let scratch = folder.appendingPathComponent("scratch", isDirectory: true)
        let path = context.recipe.mergedFolders == nil ? "/usr/bin/busybox" : "/bin/busybox"
        try UnpackStep.extract([path], of: "busybox-static", into: scratch, context)
        let busybox = scratch.appendingPathComponent(path)
        var archive = NewcArchive()
        for name in ["bin", "dev", "proc", "sys", "root", "modules"] { archive.addFolder(name) }
        archive.addDevice("dev/console", permissions: 0o600, major: 5, minor: 1)
        archive.addDevice("dev/null", permissions: 0o666, major: 1, minor: 3)
        archive.addFile("bin/busybox", permissions: 0o755, contents: try Self.bytes(busybox))
        for program in Self.programs { archive.addLink("bin/\(program)", to: "busybox") }
        try addModules(to: &archive, context)
        archive.addFile("init", permissions: 0o755, contents: Array(InitramfsScript.contents.utf8))
        let target = folder.appendingPathComponent(Self.file)
        try HostFiles.write(Data(archive.finish()), to: target)
        try HostFiles.remove(scratch)
    }

    private func addModules(to archive: inout NewcArchive, _ context: BuildContext) throws {
        let modules = try KernelStep.modules(context)
        let table = ModuleTable(modulesDep: try HostFiles.text(modules.appendingPathComponent("modules.dep")))
        let package = try DownloadStep.plan(context).kernel.name
        let paths = try table.loadOrder(of: context.recipe.initramfsModules, package: package)
        var names: [String] = []
        for (index, path) in paths.enumerated() {
            let name = ModuleTable.name(of: path) + ".ko"
            context.report(name, Double(index) / Double(paths.count))
            archive.addFile(
                "modules/\(name)", contents: try module(modules.appendingPathComponent(path), context))
            names.append(name)
        }
        archive.addFile("modules/order", contents: Array((names.joined(separator: "\n") + "\n").utf8))
    }

    /// The module as the kernel loads it: decompressed here, on the faster machine.
    private func module(_ url: URL, _ context: BuildContext) throws -> [UInt8] {
        guard url.pathExtension == "xz" else { return try Self.bytes(url) }
        return try context.runner.output("xz", ["--decompress", "--stdout", "--", url.path])
    }

    private static func bytes(_ url: URL) throws -> [UInt8] {
        try HostFiles.translating(url.path) { Array(try Data(contentsOf: url)) }
    }
}
