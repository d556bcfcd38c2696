// The frame around a packet: start, end, checksum, and the escapes between them.

/// Framing and escaping (GDB manual, "Remote Protocol: Overview" and "Binary Data").
enum PacketBytes {
    static let start = UInt8(ascii: "$")
    static let end = UInt8(ascii: "#")
    static let interrupt: UInt8 = 0x03
    private static let escape = UInt8(ascii: "}")
    /// What an escaped byte is combined with, exclusively or'ed.
    private static let escapeMask: UInt8 = 0x20

    /// `payload` as a packet that can be sent. What has a meaning of its own is escaped, which textual
    /// answers never need.
    static func frame(_ payload: [UInt8]) -> [UInt8] {
        let escaped = Self.escaped(payload)
        let sum = escaped.reduce(UInt8(0), &+)
        return [start] + escaped + [end] + Hexadecimal.encode(CollectionOfOne(sum))
    }

    /// `bytes` with escapes. The asterisk is among them: a debugger takes it for a run length.
    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for byte in bytes {
            if needsEscape(byte) {
                result.append(escape)
                result.append(byte ^ escapeMask)
            } else {
                result.append(byte)
            }
        }
        return result
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte == start || byte == end || byte == escape || byte == UInt8(ascii: "*")
    }

    /// How many bytes at the front of `bytes` have at most `limit` characters when they are escaped.
    static func fittingCount(of bytes: ArraySlice<UInt8>, limit: Int) -> Int {
        var room = limit
        for (count, byte) in bytes.enumerated() {
            room -= needsEscape(byte) ? 2 : 1
            if room < 0 { return count }
        }
        return bytes.count
    }

    /// `bytes` without escapes; nil when the last byte starts one.
    static func unescape(_ bytes: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                result.append(byte ^ escapeMask)
                isEscaped = false
            } else if byte == escape {
                isEscaped = true
            } else {
                result.append(byte)
            }
        }
        return isEscaped ? nil : result
    }
}
