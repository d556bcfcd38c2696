// `starling-dev layers`: arrows point down, and every folder belongs to a target.
import ArgumentParser
import Foundation

struct LayersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "layers", abstract: "Checks that dependencies and imports follow the layers.")

    @Option(help: "The project's folder.") var root = "."

    /// The lowest layer that may import Foundation, and the layer whose targets are leaves: they do
    /// not import each other.
    private static let foundationLayer = 4
    private static let leafLayer = 3
    /// The lowest layer that may import a network framework.
    private static let networkLayer = 6

    func run() throws {
        let tree = ProjectTree(root: root)
        let targets = try tree.targets()
        var findings = Findings()
        checkArrows(targets, &findings)
        for target in targets where target.layer != nil { try checkImports(target, targets, tree, &findings) }
        checkFolders(targets, tree, &findings)
        try findings.finish("layers")
    }

    private func checkArrows(_ targets: [ManifestTarget], _ findings: inout Findings) {
        let layers = Dictionary(targets.map { ($0.name, $0.layer) }, uniquingKeysWith: { first, _ in first })
        for target in targets {
            guard let layer = target.layer else { continue }
            for name in target.dependencies {
                guard let other = layers[name] ?? nil else {
                    findings.add("Package.swift: \(target.name) depends on \(name), which is in no layer")
                    continue
                }
                if other > layer {
                    findings.add("Package.swift: \(target.name) (layer \(layer)) depends up on \(name) (\(other))")
                }
                if other == layer && layer == Self.leafLayer {
                    findings.add("Package.swift: the leaves \(target.name) and \(name) depend on each other")
                }
            }
        }
    }

    private func checkImports(
        _ target: ManifestTarget, _ targets: [ManifestTarget], _ tree: ProjectTree, _ findings: inout Findings
    ) throws {
        let own = Set(targets.map(\.name))
        for file in tree.swiftFiles(in: target.path) {
            for module in imports(try tree.text(file)) {
                if own.contains(module) && !target.dependencies.contains(module) && module != target.name {
                    findings.add("\(file): imports \(module), which \(target.name) does not declare")
                }
                if module.hasPrefix("Foundation"), let layer = target.layer, layer < Self.foundationLayer {
                    findings.add("\(file): imports \(module), which layers 0 to 3 do without")
                }
                if module.hasPrefix("NIO"), let layer = target.layer, layer < Self.networkLayer {
                    findings.add("\(file): imports \(module), which only services and executables do")
                }
            }
        }
    }

    private func imports(_ text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index <= 1, words.count > index + 1 else { return nil }
            return String(words[index + 1])
        }
    }

    /// A test target that nobody declared would never run.
    private func checkFolders(_ targets: [ManifestTarget], _ tree: ProjectTree, _ findings: inout Findings) {
        let paths = targets.map(\.path)
        for folder in ["Sources", "Tests"] {
            for file in tree.swiftFiles(in: folder) where !paths.contains(where: { file.hasPrefix($0 + "/") }) {
                findings.add("\(file): no target declares this file's folder")
            }
        }
        for target in targets where target.layer == nil && tree.swiftFiles(in: target.path).isEmpty {
            findings.add("\(target.path): the target \(target.name) has no files")
        }
    }
}
