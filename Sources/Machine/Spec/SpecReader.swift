// Reading typed values from YAML nodes, with the place of every error.
import Yams

/// Makes errors of one file.
struct SpecReader {
    let path: String

    func error(at node: Node, _ message: String) -> MachineSpecError {
        // Only nodes that no text was parsed into have no mark.
        MachineSpecError(path: path, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1, message: message)
    }

    /// The tree of a text.
    func parse(_ text: String) throws(MachineSpecError) -> Node {
        if let objection = YAMLGuard.objection(to: text) {
            throw MachineSpecError(
                path: path, line: objection.line, column: objection.column, message: objection.message)
        }
        do {
            // Values get their types here, from the key that they are for, and not from their looks.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            guard let root = try parser.singleRoot() else {
                throw MachineSpecError(path: path, line: 1, column: 1, message: "the file is empty")
            }
            // Nodes know their anchors only as long as the parser lives.
            if let anchored = withExtendedLifetime(parser, { Self.firstAnchored(root) }) {
                throw error(at: anchored, "anchors (&name) are not supported: write the value where it is needed")
            }
            return root
        } catch let error as MachineSpecError {
            throw error
        } catch {
            throw syntaxError(error, in: text)
        }
    }

    private static func firstAnchored(_ node: Node) -> Node? {
        if node.anchor != nil { return node }
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                if let found = firstAnchored(key) ?? firstAnchored(value) { return found }
            }
        case .sequence(let sequence):
            for item in sequence {
                if let found = firstAnchored(item) { return found }
            }
        case .scalar, .alias: break
        }
        return nil
    }

    private func syntaxError(_ error: any Error, in text: String) -> MachineSpecError {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let before = context.map { "\($0.text), " } ?? ""
            return MachineSpecError(
                path: path, line: mark.line, column: mark.column, message: "not valid YAML: \(before)\(problem)")
        case .reader(let problem, let offset, _, _):
            let place = place(of: offset ?? 0, in: text)
            return MachineSpecError(
                path: path, line: place.line, column: place.column, message: "not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { "'\(SpecText.shown($0))'" }.joined(separator: ", ")
            return MachineSpecError(
                path: path, line: context.mark.line, column: context.mark.column,
                message: "\(keys) occurs twice: remove one")
        default:
            return MachineSpecError(path: path, line: 1, column: 1, message: "not valid YAML")
        }
    }

    private func place(of offset: Int, in text: String) -> (line: Int, column: Int) {
        let before = text.prefix(offset)
        let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
        return (max(lines.count, 1), (lines.last?.unicodeScalars.count ?? 0) + 1)
    }

    // MARK: Values

    /// Plain or quoted text in one line, without control characters.
    func text(_ node: Node, _ key: String) throws(MachineSpecError) -> String {
        let scalar = try scalar(node, key, "text")
        guard SpecText.isPrintable(scalar.string) else {
            throw error(at: node, "'\(key)' contains control characters or several lines")
        }
        return scalar.string
    }

    /// Text with at least one character.
    func path(_ node: Node, _ key: String) throws(MachineSpecError) -> String {
        let text = try text(node, key)
        guard !text.isEmpty else { throw error(at: node, "'\(key)' is empty: name a file") }
        return text
    }

    func integer(_ node: Node, _ key: String, _ range: ClosedRange<Int>) throws(MachineSpecError) -> Int {
        let scalar = try scalar(node, key, "a number")
        guard scalar.style == .plain, let value = Int(scalar.string) else {
            throw error(at: node, "'\(key)' is not a number: write \(range.lowerBound) to \(range.upperBound)")
        }
        guard range.contains(value) else {
            throw error(at: node, "'\(key)' is \(value), but must be \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func boolean(_ node: Node, _ key: String) throws(MachineSpecError) -> Bool {
        let scalar = try scalar(node, key, "true or false")
        guard scalar.style == .plain, let value = Bool(scalar.string) else {
            throw error(at: node, "'\(key)' is neither true nor false")
        }
        return value
    }

    /// One of some words.
    func word(_ node: Node, _ key: String, _ known: [String]) throws(MachineSpecError) -> String {
        let text = try text(node, key)
        guard known.contains(text) else {
            let hint = NearestName.hint(for: text, among: known)
            throw error(at: node, "'\(SpecText.shown(text))' is not known as '\(key)': \(hint)")
        }
        return text
    }

    private func scalar(_ node: Node, _ key: String, _ what: String) throws(MachineSpecError) -> Node.Scalar {
        guard case .scalar(let scalar) = node, node.tag == Tag.implicit || node.tag.isString else {
            throw error(at: node, "'\(key)' must be \(what)")
        }
        let isNull = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
        guard !isNull else { throw error(at: node, "'\(key)' has no value: write one, or leave the key out") }
        return scalar
    }
}

extension Tag {
    /// The tag that the parser gives to scalars without one.
    fileprivate var isString: Bool { description == Tag.Name.str.rawValue }
}

/// Text of a file that is shown in messages.
enum SpecText {
    /// No control characters, so that it can be shown and passed on in one line.
    static func isPrintable(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(isPrintable) }

    /// At most 60 characters, in one line.
    static func shown(_ text: String) -> String {
        singleLine(String(text.unicodeScalars.prefix(60))) + (text.unicodeScalars.count > 60 ? "…" : "")
    }

    /// With control characters replaced.
    static func singleLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isPrintable($0) ? $0 : "\u{fffd}" }))
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
