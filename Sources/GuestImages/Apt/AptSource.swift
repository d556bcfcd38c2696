// One entry of an apt source file.

/// A package source as apt knows it (sources.list(5)): archives times suites.
struct AptSource: Equatable {
    var types: [String]
    var uris: [String]
    var suites: [String]
    var components: [String]
    /// Key files that may sign this source; nil when the entry names none.
    var signedBy: String?

    /// The entry in deb822 form.
    func stanza(architecture: String?, signedBy: String) -> String {
        var lines = [
            "Types: deb", "URIs: \(uris.joined(separator: " "))", "Suites: \(suites.joined(separator: " "))",
            "Components: \(components.joined(separator: " "))",
        ]
        if let architecture { lines.append("Architectures: \(architecture)") }
        lines.append("Signed-By: \(signedBy)")
        return lines.joined(separator: "\n") + "\n"
    }
}
