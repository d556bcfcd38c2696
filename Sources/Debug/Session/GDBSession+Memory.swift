// Memory: `m`, `x`, `M` and `X`.

extension GDBSession {
    /// Reading may give less than was asked for; debuggers ask again for the rest.
    func readMemory(_ cursor: inout PacketCursor, isBinary: Bool) throws(Refusal) -> [UInt8] {
        let address = try cursor.number()
        try cursor.expect(",")
        let wanted = try cursor.count()
        try cursor.expectEnd()
        // `x` marks its data with a letter; `m` takes two characters a byte.
        let marker = isBinary ? [UInt8(ascii: "b")] : []
        if wanted == 0, isBinary { return marker }
        guard wanted > 0 else { throw .malformed }
        let limit = isBinary ? PacketParser.maximumPayload - 1 : PacketParser.maximumPayload / 2
        let count = min(wanted, limit)
        guard let bytes = target.readMemory(at: address, count: count, thread: currentThread)?.prefix(count),
            !bytes.isEmpty
        else { throw .inaccessible }
        guard isBinary else { return Hexadecimal.encode(bytes) }
        return marker + bytes.prefix(PacketBytes.fittingCount(of: bytes, limit: limit))
    }

    func writeMemory(_ cursor: inout PacketCursor, isBinary: Bool) throws(Refusal) -> [UInt8] {
        let address = try cursor.number()
        try cursor.expect(",")
        let count = try cursor.count()
        try cursor.expect(":")
        let bytes = isBinary ? Array(cursor.rest) : try cursor.hexadecimalBytes()
        guard bytes.count == count else { throw .malformed }
        // Debuggers write nothing to find out whether they can write in this way.
        guard bytes.isEmpty || target.writeMemory(at: address, bytes, thread: currentThread) else {
            throw .inaccessible
        }
        return reply("OK")
    }
}
