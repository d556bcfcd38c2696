// Writing `machine.yaml`.

extension MachineSpec {
    /// The text of a `machine.yaml` that reads as this machine. Every key is written, so that the file
    /// shows what can be changed.
    public var yaml: String {
        var lines = ["kind: Machine"]
        if let name { lines.append("name: \(YAMLText.scalar(name))") }
        lines += [
            "board: \(board.rawValue)", "cpus: \(cpus)", "memory: \(memory)",
            "engine: \(YAMLText.scalar(engine))", "clock: \(clock.rawValue)", "boot:",
        ]
        lines += boot.entries.map { "  \($0.key): \(YAMLText.scalar($0.value))" }
        lines.append(disks.isEmpty ? "disks: []" : "disks:")
        for disk in disks {
            lines.append("  - file: \(YAMLText.scalar(disk.file))")
            lines.append("    readOnly: \(disk.readOnly)")
            lines.append("    serial: \(YAMLText.scalar(disk.serial))")
            if board.diskConnections.count > 1 { lines.append("    connection: \(disk.connection.rawValue)") }
        }
        guard board.hasDisplay else { return lines.joined(separator: "\n") + "\n" }
        lines += ["display: \(display.rawValue)", "identity:"]
        lines += identity.entries.map { "  \($0.key): \(YAMLText.scalar($0.value))" }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension MachineSpec.Boot {
    /// The entries of `boot:` in the order in which they are written.
    public var entries: [(key: String, value: String)] {
        switch self {
        case .bare(let file): [("bare", file)]
        case .firmware(let file): [("firmware", file)]
        case .linux(let linux, let firmware): linux.entries + (firmware.map { [("firmware", $0)] } ?? [])
        }
    }
}

extension MachineSpec.Linux {
    fileprivate var entries: [(key: String, value: String)] {
        var entries: [(key: String, value: String)] = []
        switch source {
        case .image(let name): entries.append(("image", name))
        case .files(let kernel, let initrd):
            entries.append(("kernel", kernel))
            if let initrd { entries.append(("initrd", initrd)) }
        }
        if let commandLine { entries.append(("commandLine", commandLine)) }
        if let deviceTree { entries.append(("deviceTree", deviceTree)) }
        return entries
    }
}

/// Scalars of YAML.
enum YAMLText {
    /// Plain where nothing in it could be taken for YAML, otherwise in double quotes.
    static func scalar(_ text: String) -> String {
        isPlain(text) ? text : "\"" + text.unicodeScalars.map(escaped).joined() + "\""
    }

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first == "/" || isWordPart(first), first != "-" else {
            return false
        }
        let isReserved = ["null", "true", "false", "yes", "no", "on", "off"].contains(text.lowercased())
        return !isReserved && text.unicodeScalars.allSatisfy { $0 == "/" || isWordPart($0) }
    }

    private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-", "+": true
        default: false
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        // Even in quotes `YAMLGuard`, which does not parse, could take it for an alias.
        case "*": "\\x2A"
        case "\u{20}"..."\u{7e}", "\u{a0}"..."\u{2027}", "\u{202a}"..."\u{d7ff}": String(scalar)
        default: "\\U" + String(repeating: "0", count: 8 - hexadecimal(scalar).count) + hexadecimal(scalar)
        }
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String { String(scalar.value, radix: 16) }
}
