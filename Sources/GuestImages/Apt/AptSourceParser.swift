// Reads apt source files in both of their formats.
import Foundation

/// Parses one-line style and deb822 style source files (sources.list(5)). Entries that are not
/// understood are left out, as apt would reject them.
enum AptSourceParser {
    /// The entries of all source files of an apt folder: `sources.list`, then the files of
    /// `sources.list.d` by name.
    static func sources(in aptFolder: URL) throws -> [AptSource] {
        try files(in: aptFolder).flatMap { url -> [AptSource] in
            let text = try HostFiles.text(url)
            return url.pathExtension == "sources" ? deb822(text) : oneLine(text)
        }
    }

    private static func files(in aptFolder: URL) throws -> [URL] {
        let main = aptFolder.appendingPathComponent("sources.list")
        let parts = aptFolder.appendingPathComponent("sources.list.d", isDirectory: true)
        var found = HostFiles.byteCount(of: main) == nil ? [] : [main]
        if FileManager.default.fileExists(atPath: parts.path) {
            found += try HostFiles.names(in: parts).map(parts.appendingPathComponent)
                .filter {
                    ["list", "sources"].contains($0.pathExtension) && HostFiles.byteCount(of: $0) != nil
                }
        }
        return found
    }

    /// `deb [option=value ...] uri suite component ...`
    static func oneLine(_ text: String) -> [AptSource] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let content = line.prefix { $0 != "#" }
            var rest = content.trimmingCharacters(in: .whitespaces)[...]
            guard let type = takeWord(&rest), type == "deb" else { return nil }
            var signedBy: String?
            if rest.hasPrefix("[") {
                guard let end = rest.firstIndex(of: "]") else { return nil }
                let options = rest[rest.index(after: rest.startIndex)..<end]
                for option in words(options) where option.lowercased().hasPrefix("signed-by=") {
                    signedBy = String(option.dropFirst("signed-by=".count))
                }
                rest = rest[rest.index(after: end)...]
            }
            let fields = words(rest)
            guard fields.count >= 2 else { return nil }
            return AptSource(
                types: ["deb"], uris: [fields[0]], suites: [fields[1]], components: Array(fields[2...]),
                signedBy: signedBy)
        }
    }

    /// Stanzas of `Field: value` lines, continued by lines that start with a blank.
    static func deb822(_ text: String) -> [AptSource] {
        var result: [AptSource] = []
        var fields: [String: String] = [:]
        var current: String?
        let lines: [Substring] = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for line in lines + [""] {
            if line.hasPrefix("#") { continue }
            if line.allSatisfy(\.isWhitespace) {
                if let source = source(from: fields) { result.append(source) }
                (fields, current) = ([:], nil)
            } else if line.first?.isWhitespace == true {
                if let current { fields[current, default: ""] += "\n" + line }
            } else if let colon = line.firstIndex(of: ":") {
                let name = line[..<colon].lowercased()
                fields[name] = String(line[line.index(after: colon)...])
                current = name
            }
        }
        return result
    }

    private static func source(from fields: [String: String]) -> AptSource? {
        func list(_ name: String) -> [String] { words((fields[name] ?? "")[...]) }
        if let enabled = list("enabled").first?.lowercased(), ["no", "false", "0"].contains(enabled) {
            return nil
        }
        guard list("types").contains("deb"), !list("uris").isEmpty, !list("suites").isEmpty else {
            return nil
        }
        let signedBy = fields["signed-by"].map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
        return AptSource(
            types: ["deb"], uris: list("uris"), suites: list("suites"), components: list("components"),
            signedBy: signedBy)
    }

    private static func words(_ text: Substring) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private static func takeWord(_ text: inout Substring) -> String? {
        let word = text.prefix { !$0.isWhitespace }
        text = text.dropFirst(word.count).drop(while: \.isWhitespace)
        return word.isEmpty ? nil : String(word)
    }
}
