// A debugger's side of the protocol, written without the code that is tested.
import Debug

/// A session about a fake machine, with which tests exchange packets.
final class Conversation {
    let machine = FakeMachine()
    let session: GDBSession
    var requests: [GDBSession.Request] = []

    /// - Parameter acknowledges: packets are acknowledged, as they are at the beginning of a connection.
    init(acknowledges: Bool = false) {
        session = GDBSession(machine)
        if !acknowledges {
            _ = raw("$QStartNoAckMode#b0")
        }
    }

    /// Sends bytes as they are; gives what comes back as it is.
    func raw(_ bytes: [UInt8]) -> [UInt8] {
        requests = session.feed(bytes)
        return session.takeOutput()
    }

    func raw(_ text: String) -> String { String(decoding: raw(Array(text.utf8)), as: UTF8.self) }

    /// Sends packets; gives the payloads of what comes back, joined by spaces.
    func ask(_ packets: String...) -> String {
        packets.map { Self.payloads(raw(Self.packet($0))).joined(separator: " ") }.joined(separator: " ")
    }

    /// Says that the machine stopped; gives what is sent.
    func stop(_ reason: StopReason, thread: Int = 1) -> String {
        session.stopped(reason, thread: thread)
        return Self.payloads(String(decoding: session.takeOutput(), as: UTF8.self)).joined(separator: " ")
    }

    static func packet(_ payload: String) -> String {
        let sum = payload.utf8.reduce(0) { ($0 + Int($1)) % 256 }
        let digits = String(sum, radix: 16)
        return "$\(payload)#\(digits.count == 1 ? "0" : "")\(digits)"
    }

    /// The payloads of whole packets whose checksums are right; the rest as it is.
    static func payloads(_ text: String) -> [String] {
        text.split(separator: "$", omittingEmptySubsequences: true).map { piece in
            let payload = String(piece.prefix { $0 != "#" })
            return packet(payload) == "$\(piece)" ? payload : "damaged: \(piece)"
        }
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
