// A target description as the document that debuggers read.

extension TargetDescription {
    /// The document `target.xml` (GDB manual, "Target Description Format").
    public var xml: String {
        var lines = [
            "<?xml version=\"1.0\"?>",
            "<!DOCTYPE target SYSTEM \"gdb-target.dtd\">",
            "<target version=\"1.0\">",
            "<architecture>\(XML.escaped(architecture))</architecture>",
        ]
        if let conventions { lines.append("<osabi>\(XML.escaped(conventions))</osabi>") }
        lines += features.flatMap(\.xmlLines)
        lines.append("</target>")
        return lines.joined(separator: "\n") + "\n"
    }
}

extension TargetDescription.Feature {
    fileprivate var xmlLines: [String] {
        ["<feature\(XML.attribute("name", name))>"] + types.flatMap(\.xmlLines)
            + registers.map(\.xmlLine) + ["</feature>"]
    }
}

extension TargetDescription.Register {
    fileprivate var xmlLine: String {
        let attributes = [
            XML.attribute("name", name), XML.attribute("bitsize", String(bitSize)),
            XML.attribute("type", type), XML.attribute("regnum", String(number)),
            group.map { XML.attribute("group", $0) } ?? "",
        ]
        return "<reg\(attributes.joined())/>"
    }
}

extension TargetDescription.ComposedType {
    fileprivate var xmlLines: [String] {
        switch self {
        case .union(let name, let fields):
            ["<union\(XML.attribute("id", name))>"] + fields.map(\.xmlLine) + ["</union>"]
        case .vector(let name, let element, let count):
            [
                "<vector\(XML.attribute("id", name))\(XML.attribute("type", element))"
                    + "\(XML.attribute("count", String(count)))/>",
            ]
        }
    }
}

extension TargetDescription.Field {
    fileprivate var xmlLine: String { "<field\(XML.attribute("name", name))\(XML.attribute("type", type))/>" }
}

/// Text inside XML documents.
enum XML {
    /// ` name="value"`.
    static func attribute(_ name: String, _ value: String) -> String { " \(name)=\"\(escaped(value))\"" }

    /// Text for an element or an attribute in double quotes. Control characters, which XML 1.0
    /// (section 2.2) has no way to write, become question marks.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case _ where scalar.value < 0x20: result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
