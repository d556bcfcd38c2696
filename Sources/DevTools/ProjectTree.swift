// The project's files and its manifest, read as text.
import Foundation

/// A target as the manifest declares it.
struct ManifestTarget {
    var name: String
    /// The folder, relative to the project.
    var path: String
    var dependencies: [String]
    /// The layer it stands in; nil for tests.
    var layer: Int?
}

/// Reads the project below a folder.
struct ProjectTree {
    let root: URL

    init(root: String) { self.root = URL(fileURLWithPath: root) }

    /// Every Swift file below `folder`, as paths relative to the project, sorted.
    func swiftFiles(in folder: String) -> [String] {
        let base = root.appendingPathComponent(folder).path
        let files = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }.sorted()
    }

    func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The targets of `Package.swift`, which stand below `// layer N` marks there, so that people and this
    /// tool read the layers in one place.
    func targets() throws -> [ManifestTarget] {
        var layer: Int?
        var declaration: [String] = []
        var targets: [ManifestTarget] = []
        let list = try text("Package.swift").components(separatedBy: "    targets: [\n").last ?? ""
        for line in list.split(separator: "\n").map({ $0.trimmingCharacters(in: .whitespaces) }) {
            if line.hasPrefix("// layer ") { layer = Int(line.dropFirst(9).prefix { $0.isNumber }) }
            if line.hasPrefix("// tests") { layer = nil }
            if line.hasPrefix("//") { continue }
            declaration.append(line)
            // A declaration ends with its closing parenthesis at the end of a line.
            guard line.hasSuffix("),") || line.hasSuffix(")") else { continue }
            if let target = Self.target(declaration.joined(separator: " "), layer) { targets.append(target) }
            declaration = []
        }
        return targets
    }

    /// Reads one declaration: its name, its path if it names one, its dependencies in brackets.
    private static func target(_ text: String, _ layer: Int?) -> ManifestTarget? {
        guard let parenthesis = text.firstIndex(of: "("), let name = strings(text[parenthesis...]).first else {
            return nil
        }
        let kind = text[..<parenthesis].trimmingCharacters(in: .whitespaces)
        let explicitPath = text.range(of: "path: ").flatMap { strings(text[$0.upperBound...]).first }
        let isSystem = kind == ".systemLibrary"
        let bracket = isSystem ? nil : text.firstIndex(of: "[")
        let path =
            switch kind {
            case "tests": "Tests/\(name)"
            case "library", "executable": "Sources/\(explicitPath ?? name)"
            default: explicitPath ?? "Sources/\(name)"
            }
        return ManifestTarget(
            name: name, path: path, dependencies: bracket.map { strings(text[$0...]) } ?? [], layer: layer)
    }

    /// The string literals of a text.
    private static func strings(_ text: Substring) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}
