// What is refused before a YAML text reaches the parser, because the parser could not bear it.

/// Bounds on YAML texts. The parser builds its tree by recursion and compares keys that may be whole
/// trees, so depth and sharing are bounded here, from above and without parsing: each count below can
/// only be larger than what the parser would find.
enum YAMLGuard {
    /// The largest text, in bytes.
    static let maximumByteCount = 1 << 20
    /// Brackets and braces that are opened in a text: the deepest nesting in flow style.
    static let maximumBracketCount = 200
    /// Columns before the text of a line begins: a level of block style is at least one column deep.
    static let maximumIndentation = 100

    /// A place, counted from 1, and what is wrong there.
    struct Objection: Equatable {
        var line: Int
        var column: Int
        var message: String
    }

    /// The first thing that is wrong with `text`, or nil.
    static func objection(to text: String) -> Objection? {
        var scan = Scan()
        for scalar in text.unicodeScalars {
            if let message = scan.take(scalar) {
                return Objection(line: scan.line, column: scan.column, message: message)
            }
        }
        return scan.finish()
    }

    private struct Scan {
        var line = 1
        var column = 0
        private var isIndentation = true
        private var endsWithReturn = false
        private var brackets = 0
        /// The name after `&` or `*` that is being read.
        private var sigil: Unicode.Scalar?
        private var name = ""
        private var nameColumn = 0
        private var anchors: Set<String> = []

        /// Looks at one more character; a message when it is one too many.
        mutating func take(_ scalar: Unicode.Scalar) -> String? {
            if let message = continueName(scalar) { return message }
            defer { endsWithReturn = scalar == "\r" }
            if isBreak(scalar) {
                // CR LF is one break.
                if scalar != "\n" || !endsWithReturn { line += 1 }
                column = 0
                isIndentation = true
                return nil
            }
            column += 1
            switch scalar {
            case "[", "{":
                brackets += 1
                if brackets > maximumBracketCount {
                    return "more than \(maximumBracketCount) lists and mappings: simplify the file"
                }
            case "&", "*":
                sigil = scalar
                nameColumn = column
            default:
                break
            }
            if isIndentation && !isIndent(scalar) {
                isIndentation = false
                // A comment nests nothing.
                if column > maximumIndentation && scalar != "#" {
                    return "the line is indented by more than \(maximumIndentation) columns"
                }
            }
            return nil
        }

        /// The end of the text ends a name, too.
        mutating func finish() -> Objection? {
            continueName(" ").map { Objection(line: line, column: column, message: $0) }
        }

        /// The line breaks of YAML 1.1, section 4.2.
        private func isBreak(_ scalar: Unicode.Scalar) -> Bool {
            ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar)
        }

        /// Besides spaces the marks of lists and of complex keys, which nest within one line, and the
        /// byte order mark, which the parser skips at the start of every line.
        private func isIndent(_ scalar: Unicode.Scalar) -> Bool {
            [" ", "\t", "-", "?", ":", "\u{feff}"].contains(scalar)
        }

        /// An alias stands for a tree, so that a few lines can mean billions of nodes. Aliases are not
        /// needed in a file this small.
        private mutating func continueName(_ scalar: Unicode.Scalar) -> String? {
            guard let sigil else { return nil }
            let isPart = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            if isPart || scalar == "_" || scalar == "-" {
                name.unicodeScalars.append(scalar)
                return nil
            }
            defer {
                self.sigil = nil
                name = ""
            }
            if name.isEmpty { return nil }
            if sigil == "&" { anchors.insert(name) }
            guard sigil == "*", anchors.contains(name) else { return nil }
            column = nameColumn
            return "aliases (*\(name)) are not supported: write the value out"
        }
    }
}
