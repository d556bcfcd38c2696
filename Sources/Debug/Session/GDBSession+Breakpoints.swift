// Breakpoints and watchpoints: `Z0` to `Z4` and `z0` to `z4`.

extension GDBSession {
    /// How many breakpoints a session can have.
    static let maximumBreakpoints = 1024

    /// Inserting twice and removing what is not there are fine: the manual asks for it, because packets
    /// may come twice.
    func changeBreakpoint(_ cursor: inout PacketCursor, inserts: Bool) throws(Refusal) -> [UInt8] {
        guard let kind = Self.kind(cursor.next()) else { return Self.unsupported }
        let breakpoint = try Self.breakpoint(kind, &cursor)
        return inserts ? try insert(breakpoint) : try remove(breakpoint)
    }

    private static func kind(_ digit: UInt8?) -> Breakpoint.Kind? {
        switch digit {
        case UInt8(ascii: "0"): .software
        case UInt8(ascii: "1"): .hardware
        case UInt8(ascii: "2"): .watch(.write)
        case UInt8(ascii: "3"): .watch(.read)
        case UInt8(ascii: "4"): .watch(.any)
        default: nil
        }
    }

    private static func breakpoint(
        _ kind: Breakpoint.Kind, _ cursor: inout PacketCursor
    ) throws(Refusal) -> Breakpoint {
        try cursor.expect(",")
        let address = try cursor.number()
        try cursor.expect(",")
        let length = try cursor.count()
        try cursor.expectEnd()
        if case .watch = kind {
            guard length > 0, !address.addingReportingOverflow(UInt64(length) - 1).overflow else {
                throw .malformed
            }
        }
        return Breakpoint(kind, address: address, length: length)
    }

    private func insert(_ breakpoint: Breakpoint) throws(Refusal) -> [UInt8] {
        if breakpoints.contains(breakpoint) { return reply("OK") }
        guard breakpoints.count < Self.maximumBreakpoints else { throw .tooMany }
        switch target.insert(breakpoint) {
        case .unsupported: return Self.unsupported
        case .failed: throw .inaccessible
        case .inserted:
            breakpoints.insert(breakpoint)
            return reply("OK")
        }
    }

    private func remove(_ breakpoint: Breakpoint) throws(Refusal) -> [UInt8] {
        guard breakpoints.contains(breakpoint) else { return reply("OK") }
        guard target.remove(breakpoint) else { throw .inaccessible }
        breakpoints.remove(breakpoint)
        return reply("OK")
    }
}
