// `starling-dev tidy`: the rules of style that a machine can check.
import ArgumentParser
import Foundation

struct TidyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tidy", abstract: "Checks line lengths, file lengths, headers and banned words.")

    @Option(help: "The project's folder.") var root = "."

    private static let columnLimit = 120
    private static let lineLimit = 500
    /// What may not appear in sources, and what to do instead.
    private static let banned = [
        ("try" + "!", "handle the error, or let it out"),
        ("TO" + "DO", "do it, or write it into the closing note"),
        ("FIX" + "ME", "mend it"),
        ("X" + "XX", "say what is meant"),
    ]

    func run() throws {
        let tree = ProjectTree(root: root)
        var findings = Findings()
        for folder in ["Sources", "Tests"] {
            for file in tree.swiftFiles(in: folder) {
                check(file, try tree.text(file), isTest: folder == "Tests", &findings)
            }
        }
        try findings.finish("tidy")
    }

    private func check(_ file: String, _ text: String, isTest: Bool, _ findings: inout Findings) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.count > Self.lineLimit { findings.add("\(file): \(lines.count) lines; split it by idea") }
        if lines.first?.hasPrefix("// ") != true {
            findings.add("\(file):1: begin with a line that says what this file is")
        }
        for (index, line) in lines.enumerated() {
            if line.count > Self.columnLimit { findings.add("\(file):\(index + 1): \(line.count) columns") }
            if line.last?.isWhitespace == true { findings.add("\(file):\(index + 1): white space at the end") }
            if isTest { continue }
            for (word, advice) in Self.banned where line.contains(word) {
                findings.add("\(file):\(index + 1): \(word): \(advice)")
            }
        }
    }
}
