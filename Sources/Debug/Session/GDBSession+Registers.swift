// Registers: `g`, `G`, `p` and `P`.

extension GDBSession {
    func registers(_ letter: Character, _ cursor: inout PacketCursor) throws(Refusal) -> [UInt8] {
        switch letter {
        case "g":
            try cursor.expectEnd()
            return architecture.general.flatMap { hexadecimal($0, thread: currentThread) }
        case "G": try writeGeneral(try cursor.hexadecimalBytes())
        case "p":
            let register = try register(&cursor)
            try cursor.expectEnd()
            return hexadecimal(register, thread: currentThread)
        default:
            let register = try register(&cursor)
            try cursor.expect("=")
            try write(register, try cursor.hexadecimalBytes()[...])
        }
        return reply("OK")
    }

    /// A register's bytes, or an `x` for each digit when it can not be read.
    func hexadecimal(_ register: TargetDescription.Register, thread: Int) -> [UInt8] {
        let bytes = target.readRegister(register.number, thread: thread)
        guard let bytes, bytes.count == register.byteCount else {
            return Array(repeating: UInt8(ascii: "x"), count: 2 * register.byteCount)
        }
        return Hexadecimal.encode(bytes)
    }

    private func register(_ cursor: inout PacketCursor) throws(Refusal) -> TargetDescription.Register {
        guard let register = architecture.register(try cursor.number()) else { throw .malformed }
        return register
    }

    private func writeGeneral(_ bytes: [UInt8]) throws(Refusal) {
        let wanted = architecture.general.reduce(0) { $0 + $1.byteCount }
        guard bytes.count == wanted else { throw .malformed }
        var rest = bytes[...]
        for register in architecture.general {
            let value = rest.prefix(register.byteCount)
            rest = rest.dropFirst(register.byteCount)
            // All of them come, also those that can never change, like a register that is always zero.
            if target.readRegister(register.number, thread: currentThread) != Array(value) {
                try write(register, value)
            }
        }
    }

    private func write(
        _ register: TargetDescription.Register, _ bytes: ArraySlice<UInt8>
    ) throws(Refusal) {
        guard bytes.count == register.byteCount else { throw .malformed }
        guard target.writeRegister(register.number, Array(bytes), thread: currentThread) else {
            throw .inaccessible
        }
    }

    /// Sets the program counter of a CPU, as the optional address of `c` and `s` does.
    func setProgramCounter(_ address: UInt64, thread: Int) throws(Refusal) {
        guard let register = architecture.register(UInt64(clamping: architecture.programCounter)) else {
            throw .inaccessible
        }
        let bytes = (0..<register.byteCount).map { UInt8(truncatingIfNeeded: address >> (8 * $0)) }
        guard target.writeRegister(register.number, bytes, thread: thread) else { throw .inaccessible }
    }
}
