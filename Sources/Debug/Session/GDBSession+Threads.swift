// CPUs: `H`, `T`, and the queries about threads.

extension GDBSession {
    /// The CPU that registers and memory belong to. The one that was selected may be gone.
    var currentThread: Int {
        let threads = target.threads
        if threads.contains(where: { $0.number == generalThread }) { return generalThread }
        return threads.first?.number ?? generalThread
    }

    /// The number that a selection comes down to when only one CPU can be meant.
    func number(of selection: ThreadSelection) throws(Refusal) -> Int {
        guard case .one(let number) = selection else { return currentThread }
        guard target.threads.contains(where: { $0.number == number }) else { throw .noThread }
        return number
    }

    func selectThread(_ cursor: inout PacketCursor) throws(Refusal) -> [UInt8] {
        let operation = cursor.next()
        let selection = try cursor.thread()
        try cursor.expectEnd()
        let number = try number(of: selection)
        switch operation {
        case UInt8(ascii: "g"): generalThread = number
        case UInt8(ascii: "c"): resumedThreads = selection
        default: throw .malformed
        }
        return reply("OK")
    }

    func isAlive(_ cursor: inout PacketCursor) throws(Refusal) -> [UInt8] {
        _ = try number(of: try cursor.thread())
        try cursor.expectEnd()
        return reply("OK")
    }

    /// The answer to `qfThreadInfo`; all CPUs fit, so that `qsThreadInfo` has nothing to add.
    func threadNumbers() -> [UInt8] {
        reply("m" + target.threads.map { Hexadecimal.text($0.number) }.joined(separator: ","))
    }

    func threadExtraInformation(_ cursor: inout PacketCursor) throws(Refusal) -> [UInt8] {
        let number = try number(of: try cursor.thread())
        try cursor.expectEnd()
        guard let thread = target.threads.first(where: { $0.number == number }) else { throw .noThread }
        let text = thread.detail.isEmpty ? thread.name : "\(thread.name): \(thread.detail)"
        return Hexadecimal.encode(text.utf8)
    }

    /// The document `threads` (GDB manual, "Thread List Format").
    func threadDocument() -> String {
        let lines = target.threads.map { thread in
            "<thread\(XML.attribute("id", Hexadecimal.text(thread.number)))"
                + "\(XML.attribute("name", thread.name))>\(XML.escaped(thread.detail))</thread>\n"
        }
        return "<?xml version=\"1.0\"?>\n<threads>\n\(lines.joined())</threads>\n"
    }
}
