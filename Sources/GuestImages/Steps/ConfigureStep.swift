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

    /// The links of the recipe's merged folders; there only if it has some.
    static let mergedArchive = "merged-usr.tar"

    func inputs(_ context: BuildContext) throws -> [String] {
        GuestScripts.all(board: context.recipe.board).map(\.contents)
    }

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
        for script in GuestScripts.all(board: context.recipe.board) {
            try overlay.addFile(script.path, script.contents, mode: script.isProgram ? 0o755 : 0o644)
        }
        let lines = overlay.owners.joined(separator: "\n") + "\n"
        try HostFiles.write(Data(lines.utf8), to: folder.appendingPathComponent(Self.owners))
        try pack(overlay, to: folder.appendingPathComponent(Self.archive), system, context)
        try packMergedFolders(system, context, folder)
        try HostFiles.remove(references)
    }

    /// Packs the top folders that are links into `/usr` by themselves: they must be there before the
    /// first package, whose files go through them.
    private func packMergedFolders(_ system: GuestSystem, _ context: BuildContext, _ folder: URL) throws {
        guard let names = context.recipe.mergedFolders else { return }
        var links = Overlay(folder: folder.appendingPathComponent("merged", isDirectory: true))
        for name in names {
            try links.addFolder("/usr/\(name)")
            try links.addLink("/\(name)", to: "usr/\(name)")
        }
        try pack(links, to: folder.appendingPathComponent(Self.mergedArchive), system, context)
    }

    /// Packs the overlay's tree, as old as the release, and removes it.
    private func pack(
        _ overlay: Overlay, to archive: URL, _ system: GuestSystem, _ context: BuildContext
    ) throws {
        try context.runner.run(
            "tar",
            [
                "--create", "--file", archive.path, "--sort=name", "--owner=0", "--group=0",
                "--numeric-owner",
                "--format=gnu", "--mtime=@\(try system.releaseTime())", "-C", overlay.folder.path, ".",
            ])
        try HostFiles.remove(overlay.folder)
    }
}
