// Telling flows apart, so that both directions of one use the same pair of queues.

/// A small number from a frame's addresses and ports, the same for both directions.
enum FlowHash {
    /// The hash is below this.
    static let count = 256

    /// The hash of a frame; 0 for one that is neither IPv4 nor IPv6.
    static func of(_ frame: [UInt8]) -> Int {
        guard frame.count >= 18 else { return 0 }
        let isTagged = frame[12] == 0x81 && frame[13] == 0
        let type = isTagged ? 16 : 12
        let packet = type + 2
        switch (frame[type], frame[type + 1]) {
        case (0x08, 0x00): return ofIPv4(frame, packet)
        case (0x86, 0xdd): return ofIPv6(frame, packet)
        default: return 0
        }
    }

    /// RFC 791, 3.1.
    private static func ofIPv4(_ frame: [UInt8], _ start: Int) -> Int {
        guard frame.count >= start + 20 else { return 0 }
        let addresses = fold(frame, start + 12, 8)
        let isFragment = frame[start + 6] & 0x3f != 0 || frame[start + 7] != 0
        let ports = start + Int(frame[start] & 0xf) * 4
        return mix(addresses, isFragment ? 0 : foldPorts(frame, ports, protocolNumber: frame[start + 9]))
    }

    /// RFC 8200, 3. Flows behind extension headers are told apart by their addresses only.
    private static func ofIPv6(_ frame: [UInt8], _ start: Int) -> Int {
        guard frame.count >= start + 40 else { return 0 }
        let addresses = fold(frame, start + 8, 32)
        return mix(addresses, foldPorts(frame, start + 40, protocolNumber: frame[start + 6]))
    }

    private static func foldPorts(_ frame: [UInt8], _ start: Int, protocolNumber: UInt8) -> UInt32 {
        let hasPorts = protocolNumber == 6 || protocolNumber == 17
        return hasPorts && frame.count >= start + 4 ? fold(frame, start, 4) : 0
    }

    /// The sum of 16-bit pieces: the order of the two ends does not matter.
    private static func fold(_ frame: [UInt8], _ start: Int, _ byteCount: Int) -> UInt32 {
        stride(from: start, to: start + byteCount, by: 2).reduce(0) {
            $0 &+ (UInt32(frame[$1]) << 8 | UInt32(frame[$1 + 1]))
        }
    }

    private static func mix(_ addresses: UInt32, _ ports: UInt32) -> Int {
        // Multiplication by an odd number spreads neighbouring flows over the table.
        Int(((addresses &* 31 &+ ports) &* 0x9e37_79b1) >> 24)
    }
}
