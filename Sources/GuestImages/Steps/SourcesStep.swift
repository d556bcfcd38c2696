// Step "sources": the host's Debian mirror, turned to the suite of the recipe.
import Foundation

/// Writes one apt source file per archive and suite, and the file that the guest gets.
struct SourcesStep: BuildStep {
    static let name = "sources"
    var name: String { Self.name }
    let spaceNeeded: UInt64 = 1 << 20

    /// The file for the guest's own apt.
    static let guestFile = "guest.sources"
    /// Where the sources for the build are; the release itself is the first.
    static let parts = "parts"

    func inputs(_ context: BuildContext) throws -> [String] {
        let sources = try translated(context)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let recipe = String(decoding: try encoder.encode(context.recipe), as: UTF8.self)
        return [recipe, try context.host.keyring()]
            + sources.map { $0.stanza(architecture: nil, signedBy: "") }
    }

    func run(_ context: BuildContext, into folder: URL) throws {
        let keyring = try context.host.keyring()
        let sources = try translated(context)
        let parts = folder.appendingPathComponent(Self.parts)
        try HostFiles.makeFolder(parts)
        for (index, source) in sources.enumerated() {
            let text = source.stanza(architecture: context.recipe.architecture, signedBy: keyring)
            // A letter for the order; file names must be what apt accepts (letters, digits, dashes).
            let file = "\(100 + index)-\(source.suites[0]).sources"
            try HostFiles.write(Data(text.utf8), to: parts.appendingPathComponent(file))
        }
        let guest = sources.map {
            Self.withoutLogin($0).stanza(
                architecture: nil, signedBy: "/usr/share/keyrings/debian-archive-keyring.gpg")
        }
        let text = guest.joined(separator: "\n")
        try HostFiles.write(Data(text.utf8), to: folder.appendingPathComponent(Self.guestFile))
    }

    private func translated(_ context: BuildContext) throws -> [AptSource] {
        let folder = context.host.aptFolder
        return try DebianArchive.sources(
            for: context.recipe.suite, from: try AptSourceParser.sources(in: folder), folder: folder.path)
    }

    /// A password for the host's mirror is not for everyone who gets the image.
    static func withoutLogin(_ source: AptSource) -> AptSource {
        var result = source
        result.uris = source.uris.map { uri in
            guard let scheme = uri.range(of: "://") else { return uri }
            let rest = uri[scheme.upperBound...]
            let host = rest.prefix { $0 != "/" }
            guard let at = host.lastIndex(of: "@") else { return uri }
            return String(uri[..<scheme.upperBound] + rest[rest.index(after: at)...])
        }
        return result
    }
}
