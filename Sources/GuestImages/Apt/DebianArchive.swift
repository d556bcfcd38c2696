// Finds Debian's archive among the host's apt sources and turns it to another suite.

/// The host's own Debian mirror, asked for another release. Only the suite (and, through apt's
/// configuration, the architecture) changes; mirrors stay as they are configured.
enum DebianArchive {
    /// Names under which releases are published; sources with other suites are not Debian's.
    private static let releaseNames: Set<String> = [
        "buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid", "unstable", "testing",
        "stable", "oldstable", "oldoldstable",
    ]

    /// What follows the release's name in the suites that belong to it.
    private enum Pocket: String, CaseIterable {
        case release = ""
        case updates = "-updates"
        case security = "-security"
    }

    /// The sources for `suite`, one archive and one suite each, the release itself first.
    /// - Throws: `ImageError.noDebianSource` if none of `sources` offers Debian's main component.
    static func sources(for suite: String, from sources: [AptSource], folder: String) throws -> [AptSource] {
        let debian = sources.filter(isDebian)
        // An entry that names Debian's keys beats one that only looks like Debian.
        let signed = debian.filter { namesDebianKeys($0) == true }
        let chosen = signed.contains { $0.suites.contains { pocket(of: $0) == .release } } ? signed : debian
        var found: [Pocket: [AptSource]] = [:]
        for source in chosen {
            for uri in source.uris {
                for pocket in Set(source.suites.compactMap(Self.pocket)) {
                    let entry = AptSource(
                        types: ["deb"], uris: [uri], suites: [suite + pocket.rawValue], components: ["main"],
                        signedBy: nil)
                    if found[pocket]?.contains(entry) != true { found[pocket, default: []].append(entry) }
                }
            }
        }
        guard found[.release] != nil else { throw ImageError.noDebianSource(folder: folder) }
        return Pocket.allCases.flatMap { found[$0] ?? [] }
    }

    private static func isDebian(_ source: AptSource) -> Bool {
        guard source.components.contains("main"), source.suites.contains(where: { pocket(of: $0) != nil }),
            source.uris.allSatisfy({ !$0.hasPrefix("cdrom:") })
        else { return false }
        return namesDebianKeys(source) ?? source.uris.allSatisfy(looksLikeDebian)
    }

    /// Whether the entry's key file is one of Debian's; nil if it names none (or holds a key itself,
    /// whose owner cannot be seen).
    private static func namesDebianKeys(_ source: AptSource) -> Bool? {
        guard let signedBy = source.signedBy, !signedBy.isEmpty, !signedBy.contains("\n") else { return nil }
        let file = signedBy.split(separator: "/").last ?? ""
        return file.hasPrefix("debian-archive") || file.hasPrefix("debian-keyring")
    }

    /// Mirrors keep the archive's folder name: `/debian`, `/debian-security`.
    private static func looksLikeDebian(_ uri: String) -> Bool {
        let last = uri.split(separator: "/").last ?? ""
        return last == "debian" || last == "debian-security"
    }

    private static func pocket(of suite: String) -> Pocket? {
        // Before Debian 11 the security suite was called `<release>/updates`.
        if suite.hasSuffix("/updates"), releaseNames.contains(String(suite.dropLast("/updates".count))) {
            return .security
        }
        return Pocket.allCases.first { pocket in
            suite.hasSuffix(pocket.rawValue)
                && releaseNames.contains(String(suite.dropLast(pocket.rawValue.count)))
        }
    }
}
