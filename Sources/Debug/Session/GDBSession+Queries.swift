// Queries and settings: the packets that begin with `q` and `Q`.

extension GDBSession {
    /// GDB manual, "General Query Packets".
    func query(_ letter: Character, _ cursor: inout PacketCursor) throws(Refusal) -> [UInt8] {
        let name = String(decoding: takeName(&cursor), as: UTF8.self)
        if phase == .exited, name != "Supported", name != "StartNoAckMode" { throw .noThread }
        return letter == "q" ? try ask(name, &cursor) : try set(name, &cursor)
    }

    /// A name ends where its operands begin.
    private func takeName(_ cursor: inout PacketCursor) -> ArraySlice<UInt8> {
        let ends = ":;,?".utf8
        let name = cursor.rest.prefix { !ends.contains($0) }
        cursor = PacketCursor(cursor.rest.dropFirst(name.count))
        return name
    }

    private func ask(_ name: String, _ cursor: inout PacketCursor) throws(Refusal) -> [UInt8] {
        switch name {
        case "Supported": return supported(&cursor)
        case "Attached": return reply("1")
        case "C": return reply("QC\(Hexadecimal.text(currentThread))")
        case "fThreadInfo": return threadNumbers()
        case "sThreadInfo": return reply("l")
        case "ThreadExtraInfo":
            try cursor.expect(",")
            return try threadExtraInformation(&cursor)
        case "Xfer":
            try cursor.expect(":")
            return try transfer(&cursor)
        case "Rcmd":
            try cursor.expect(",")
            return monitor(try cursor.hexadecimalBytes())
        default: return Self.unsupported
        }
    }

    private func set(_ name: String, _ cursor: inout PacketCursor) throws(Refusal) -> [UInt8] {
        switch name {
        case "StartNoAckMode":
            isAcknowledging = false
            return reply("OK")
        case "NonStop":
            // All CPUs stop together: a machine is debugged as a whole.
            try cursor.expect(":0")
            try cursor.expectEnd()
            return reply("OK")
        default: return Self.unsupported
        }
    }

    /// What both sides can do.
    private func supported(_ cursor: inout PacketCursor) -> [UInt8] {
        if cursor.skip(":") {
            debuggerFeatures = Set(cursor.rest.split(separator: UInt8(ascii: ";")).prefix(64).map {
                String(decoding: $0, as: UTF8.self)
            })
        }
        let features = [
            "PacketSize=\(Hexadecimal.text(PacketParser.maximumPayload))", "QStartNoAckMode+",
            "qXfer:features:read+", "qXfer:threads:read+", "vContSupported+", "swbreak+", "hwbreak+",
            "binary-upload+",
        ]
        let reverse = target.supportsReverse ? ["ReverseStep+", "ReverseContinue+"] : []
        return reply((features + reverse).joined(separator: ";"))
    }

    /// Reads a part of a document (GDB manual, "General Query Packets": qXfer).
    private func transfer(_ cursor: inout PacketCursor) throws(Refusal) -> [UInt8] {
        let object = String(decoding: cursor.field(endingAt: ":"), as: UTF8.self)
        let operation = String(decoding: cursor.field(endingAt: ":"), as: UTF8.self)
        let annex = String(decoding: cursor.field(endingAt: ":"), as: UTF8.self)
        guard operation == "read" else { return Self.unsupported }
        let offset = try cursor.count()
        try cursor.expect(",")
        let length = try cursor.count()
        try cursor.expectEnd()
        switch (object, annex) {
        case ("features", "target.xml"): return try part(of: architecture.description.xml, offset, length)
        case ("threads", ""): return try part(of: threadDocument(), offset, length)
        case ("features", _), ("threads", _): throw .malformed
        default: return Self.unsupported
        }
    }

    private func part(of text: String, _ offset: Int, _ length: Int) throws(Refusal) -> [UInt8] {
        let document = Array(text.utf8)
        guard offset >= 0, offset <= document.count, length > 0 else { throw .malformed }
        let wanted = document[offset...].prefix(length)
        let count = PacketBytes.fittingCount(of: wanted, limit: PacketParser.maximumPayload - 1)
        let isLast = offset + count == document.count
        return reply(isLast ? "l" : "m") + wanted.prefix(count)
    }
}
