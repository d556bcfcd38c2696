// Step "update": the archive's signed indexes.
import Foundation

/// Fetches the indexes of all sources. The release itself must work; a mirror that lacks the
/// updates of the moment (many are caught in the middle of a synchronisation) is used without them.
struct UpdateStep: BuildStep {
    static let name = "update"
    var name: String { Self.name }
    let spaceNeeded: UInt64 = 150 << 20

    /// The sources that work.
    static let parts = "parts"
    /// The indexes.
    static let lists = "lists"

    func run(_ context: BuildContext, into folder: URL) throws {
        let available = context.folder(of: SourcesStep.name).appendingPathComponent(SourcesStep.parts)
        let parts = folder.appendingPathComponent(Self.parts)
        let files = try HostFiles.names(in: available)
        guard let first = files.first else { return }
        if (try? update(context, folder, copying: files, from: available)) != nil { return }
        // The release's suite comes first, then what can be added to it.
        let release = files.filter { Self.suite(of: $0) == Self.suite(of: first) }
        do {
            try update(context, folder, copying: release, from: available)
        } catch let error as ImageError {
            throw try explain(error, context)
        }
        var working = release
        for file in files where !release.contains(file) {
            do {
                try update(context, folder, copying: working + [file], from: available)
                working.append(file)
            } catch ImageError.programFailed {
                context.report(
                    "\(Self.suite(of: file)) is not usable on this mirror now: going on without it", nil)
                try HostFiles.remove(parts.appendingPathComponent(file))
            }
        }
        try update(context, folder, copying: working, from: available)
    }

    private func update(_ context: BuildContext, _ folder: URL, copying files: [String], from: URL) throws {
        let parts = folder.appendingPathComponent(Self.parts)
        try HostFiles.remove(parts)
        try HostFiles.makeFolder(parts)
        for file in files {
            let text = try HostFiles.text(from.appendingPathComponent(file))
            try HostFiles.write(Data(text.utf8), to: parts.appendingPathComponent(file))
        }
        let apt = Self.apt(context, folder: folder)
        try apt.prepare()
        try apt.update()
    }

    /// Tells a lack of keys from other failures.
    private func explain(_ error: ImageError, _ context: BuildContext) throws -> ImageError {
        guard case .programFailed(_, _, let lines, _) = error,
            lines.contains(where: { $0.contains("NO_PUBKEY") || $0.contains("Missing key") })
        else { return error }
        return .missingArchiveKeys(suite: context.recipe.suite, keyring: try context.host.keyring())
    }

    /// The suite that a source file of this builder is for: `100-trixie-updates.sources`.
    static func suite(of file: String) -> String {
        String(file.drop { $0 != "-" }.dropFirst().dropLast(".sources".count))
    }

    /// apt on the result of this step.
    static func apt(_ context: BuildContext, folder: URL? = nil) -> PrivateApt {
        let folder = folder ?? context.folder(of: Self.name)
        return PrivateApt(
            architecture: context.recipe.architecture, sources: folder.appendingPathComponent(Self.parts),
            lists: folder.appendingPathComponent(Self.lists), cache: context.folder(of: "apt-cache"),
            runner: context.runner)
    }
}
