// The packets of the protocol, each with the function that answers it.

/// An answer as text.
func reply(_ text: String) -> [UInt8] { Array(text.utf8) }

extension GDBSession {
    /// The answer to a packet that is not understood: the debugger does without (GDB manual,
    /// "Remote Protocol: Overview").
    static let unsupported: [UInt8] = []

    /// Does what a packet says (GDB manual, "Remote Protocol: Packets").
    /// - Returns: the answer; nil when none is sent now.
    func answer(_ packet: [UInt8]) throws(Refusal) -> [UInt8]? {
        var cursor = PacketCursor(packet)
        guard let first = cursor.next() else { return Self.unsupported }
        let letter = Character(Unicode.Scalar(first))
        if phase == .exited, !"?DkqvQ".contains(letter) { throw .noThread }
        switch letter {
        case "?": return stopReply()
        case "c", "C", "s", "S", "b": return try resume(letter, &cursor)
        case "D": return detach()
        case "g", "G", "p", "P": return try registers(letter, &cursor)
        case "H": return try selectThread(&cursor)
        case "k": return kill()
        case "m", "x": return try readMemory(&cursor, isBinary: letter == "x")
        case "M", "X": return try writeMemory(&cursor, isBinary: letter == "X")
        case "q", "Q": return try query(letter, &cursor)
        case "T": return try isAlive(&cursor)
        case "v": return try verbose(&cursor)
        case "z", "Z": return try changeBreakpoint(&cursor, inserts: letter == "Z")
        default: return Self.unsupported
        }
    }

    /// Packets with names (GDB manual, "Packets", from `vAttach` on).
    private func verbose(_ cursor: inout PacketCursor) throws(Refusal) -> [UInt8]? {
        if cursor.skip("Kill;") {
            finish(.kill)
            return reply("OK")
        }
        guard cursor.skip("Cont") else { return Self.unsupported }
        if cursor.skip("?") { return reply("vCont;c;C;s;S") }
        guard phase != .exited else { throw .noThread }
        return try resumeThreads(&cursor)
    }

    private func detach() -> [UInt8] {
        finish(.detach)
        return reply("OK")
    }

    private func kill() -> [UInt8]? {
        finish(.kill)
        return nil
    }
}
