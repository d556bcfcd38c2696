// What users type after `monitor`: `qRcmd`.

extension GDBSession {
    /// The most bytes of text that a command's output shows.
    private static let maximumText = 128 << 10
    /// The most bytes that `phys` shows.
    private static let maximumDump: UInt64 = 4096

    private static let commands = [
        MonitorCommand("help", "shows this list"),
        MonitorCommand("phys ADDRESS [COUNT]", "shows memory by physical address, 64 bytes if not told"),
        MonitorCommand("physwrite ADDRESS BYTES", "writes memory by physical address, for example 13000000"),
    ]

    /// Executes a command and sends its output in packets of their own.
    /// - Returns: the answer, after the output.
    func monitor(_ bytes: [UInt8]) -> [UInt8] {
        var text = execute(String(decoding: bytes, as: UTF8.self))
        if !text.isEmpty, text.utf8.last != UInt8(ascii: "\n") { text += "\n" }
        var rest = Array(text.utf8)[...]
        if rest.count > Self.maximumText {
            rest = rest.prefix(Self.maximumText) + reply("\n[the rest is left out]\n")
        }
        while !rest.isEmpty {
            let part = rest.prefix(PacketParser.maximumPayload / 2 - 1)
            send(reply("O") + Hexadecimal.encode(part))
            rest = rest.dropFirst(part.count)
        }
        return reply("OK")
    }

    private func execute(_ command: String) -> String {
        let words = command.split(whereSeparator: \.isWhitespace)
        switch words.first {
        case nil, "help": return help
        case "phys": return dump(Array(words.dropFirst()))
        case "physwrite": return writePhysical(Array(words.dropFirst()))
        default:
            return target.monitor(command)
                ?? "There is no monitor command '\(command)'; 'monitor help' lists them."
        }
    }

    private var help: String {
        let commands = Self.commands + target.monitorCommands
        let width = commands.map(\.usage.count).max() ?? 0
        return commands.map { command in
            let padding = String(repeating: " ", count: width - command.usage.count)
            return "\(command.usage)\(padding)  \(command.summary)\n"
        }.joined()
    }

    private func dump(_ operands: [Substring]) -> String {
        let count = operands.count > 1 ? Self.number(operands[1]) : 64
        guard 1...2 ~= operands.count, let address = Self.number(operands[0]),
            let count, 1...Self.maximumDump ~= count
        else {
            return "Usage: phys ADDRESS [COUNT], COUNT from 1 to \(Self.maximumDump); 0x makes hexadecimal."
        }
        let bytes = target.readPhysicalMemory(at: address, count: Int(count))?.prefix(Int(count)) ?? []
        let end = Hexadecimal.text(address &+ UInt64(bytes.count), width: 16)
        let missing = bytes.count < Int(count) ? "0x\(end): there is no memory\n" : ""
        return Self.lines(of: bytes, at: address) + missing
    }

    private static func lines(of bytes: ArraySlice<UInt8>, at address: UInt64) -> String {
        stride(from: 0, to: bytes.count, by: 16).map { start in
            let line = bytes.dropFirst(start).prefix(16)
            let digits = line.map { Hexadecimal.text(UInt64($0), width: 2) }.joined(separator: " ")
            let padding = String(repeating: "   ", count: 16 - line.count)
            let text = line.map { 0x20...0x7e ~= $0 ? String(Unicode.Scalar($0)) : "." }.joined()
            let place = Hexadecimal.text(address &+ UInt64(start), width: 16)
            return "0x\(place): \(digits)\(padding)  \(text)\n"
        }.joined()
    }

    private func writePhysical(_ operands: [Substring]) -> String {
        guard operands.count == 2, let address = Self.number(operands[0]),
            let bytes = Hexadecimal.decode(Array(operands[1].utf8)[...]), !bytes.isEmpty
        else {
            return "Usage: physwrite ADDRESS BYTES, with two hexadecimal digits a byte in memory order."
        }
        guard target.writePhysicalMemory(at: address, bytes) else {
            return "Not written: not all of the \(bytes.count) bytes have memory there."
        }
        return "\(bytes.count) bytes written."
    }

    /// Decimal, or hexadecimal after `0x`.
    private static func number(_ text: Substring) -> UInt64? {
        text.lowercased().hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }
}
