// The byte stream from the debugger, taken apart into packets, acknowledgements and interrupts.

/// Takes the stream apart byte by byte (GDB manual, "Remote Protocol: Overview"). Any bytes may come;
/// what is kept of them never exceeds the largest packet.
///
/// An asterisk is an ordinary character: only answers may be run-length encoded, never what a
/// debugger sends.
struct PacketParser {
    /// What a byte completed.
    enum Event: Equatable {
        /// A packet whose checksum is right, with its escapes undone.
        case packet([UInt8])
        /// A packet whose checksum is wrong or which ends in the middle of an escape.
        case damagedPacket
        /// A packet with more than `maximumPayload` characters.
        case oversizedPacket
        /// `+`: the last answer has arrived.
        case acknowledgement
        /// `-`: the last answer has to be sent again.
        case retransmission
        /// Ctrl-C: stop the machine.
        case interrupt
    }

    /// The most characters between `$` and `#`, escapes included: what `PacketSize` announces.
    static let maximumPayload = 0x4000

    private enum State {
        case betweenPackets
        case payload
        case firstChecksumDigit
        case secondChecksumDigit(UInt8?)
    }

    private var state = State.betweenPackets
    private var payload: [UInt8] = []
    private var sum: UInt8 = 0
    private var isOversized = false

    /// Takes the next byte of the stream.
    mutating func take(_ byte: UInt8) -> Event? {
        switch state {
        case .betweenPackets: return takeBetweenPackets(byte)
        case .payload: takePayload(byte)
        case .firstChecksumDigit: state = .secondChecksumDigit(Hexadecimal.value(of: byte))
        case .secondChecksumDigit(let high): return finish(high, Hexadecimal.value(of: byte))
        }
        return nil
    }

    private mutating func takeBetweenPackets(_ byte: UInt8) -> Event? {
        switch byte {
        case PacketBytes.start: begin()
        case UInt8(ascii: "+"): return .acknowledgement
        case UInt8(ascii: "-"): return .retransmission
        case PacketBytes.interrupt: return .interrupt
        default: break
        }
        return nil
    }

    private mutating func begin() {
        payload.removeAll(keepingCapacity: true)
        sum = 0
        isOversized = false
        state = .payload
    }

    private mutating func takePayload(_ byte: UInt8) {
        switch byte {
        // A start is always escaped inside a packet, so the packet before it was cut off.
        case PacketBytes.start: begin()
        case PacketBytes.end: state = .firstChecksumDigit
        default:
            sum &+= byte
            if payload.count < Self.maximumPayload { payload.append(byte) } else { isOversized = true }
        }
    }

    private mutating func finish(_ high: UInt8?, _ low: UInt8?) -> Event {
        state = .betweenPackets
        if isOversized { return .oversizedPacket }
        guard let high, let low, high << 4 | low == sum, let packet = PacketBytes.unescape(payload) else {
            return .damagedPacket
        }
        return .packet(packet)
    }
}
