// Step "configure": the files that no package brings.
import Foundation

/// Writes what maintainer scripts and an installer would write, as one archive that goes over the
/// packages' files: accounts, the package database, the apt source, start-up scripts.
struct ConfigureStep: BuildStep {
    static let name = "configure"
    var name: String { Self.name }
    let spaceNeeded: UInt64 = 40 << 20

    static let archive = "overlay.tar"
    /// Files whose owner is not root or whose mode tar cannot carry: `<mode> <owner> <path>`.
    static let owners = "owners"

    func inputs(_ context: BuildContext) throws -> [String] { GuestScripts.all.map(\.contents) }

    func run(_ context: BuildContext, into folder: URL) throws {
        let references = folder.appendingPathComponent("references", isDirectory: true)
        var overlay = Overlay(folder: folder.appendingPathComponent("overlay", isDirectory: true))
        let plan = try DownloadStep.plan(context)
        let database = PackageDatabase(
            recipe: context.recipe, packages: plan.rootPackages, unpacked: context.folder(of: UnpackStep.name)
        )
        try database.write(to: &overlay, context, scratch: references)
        let system = GuestSystem(recipe: context.recipe, references: references)
        try system.extractReferences(context)
        let sources = context.folder(of: SourcesStep.name).appendingPathComponent(SourcesStep.guestFile)
        try system.write(to: &overlay, aptSources: try HostFiles.text(sources))
        for script in GuestScripts.all {
            try overlay.addFile(script.path, script.contents, mode: script.isProgram ? 0o755 : 0o644)
        }
        try pack(overlay, system, context, folder)
        try HostFiles.remove(references)
        try HostFiles.remove(overlay.folder)
    }

    private func pack(_ overlay: Overlay, _ system: GuestSystem, _ context: BuildContext, _ folder: URL)
        throws
    {
        let archive = folder.appendingPathComponent(Self.archive)
        try context.runner.run(
            "tar",
            [
                "--create", "--file", archive.path, "--sort=name", "--owner=0", "--group=0",
                "--numeric-owner",
                "--format=gnu", "--mtime=@\(try system.releaseTime())", "-C", overlay.folder.path, ".",
            ])
        let lines = overlay.owners.joined(separator: "\n") + "\n"
        try HostFiles.write(Data(lines.utf8), to: folder.appendingPathComponent(Self.owners))
    }
}
