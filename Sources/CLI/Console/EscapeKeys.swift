// The keys that are for Starling and not for the guest: Ctrl-A and one more.

/// Takes what is typed on a terminal apart.
struct EscapeKeys {
    /// What a piece of input means.
    enum Action: Equatable {
        /// These bytes are for the guest.
        case send([UInt8])
        case help
        case stop
        case detach
    }

    private static let escape: UInt8 = 0x01
    /// Leaving the machine running makes sense only where it runs in another process.
    let canDetach: Bool
    private var sawEscape = false

    init(canDetach: Bool) { self.canDetach = canDetach }

    /// The meaning of the next bytes, in order. An escape at their end waits for the next call.
    mutating func feed(_ bytes: [UInt8]) -> [Action] {
        var actions: [Action] = []
        var plain: [UInt8] = []
        for byte in bytes {
            guard sawEscape || byte == Self.escape else {
                plain.append(byte)
                continue
            }
            guard sawEscape else {
                sawEscape = true
                continue
            }
            sawEscape = false
            switch meaning(of: byte) {
            case .send(let bytes): plain += bytes
            case let action:
                if !plain.isEmpty { actions.append(.send(plain)) }
                plain = []
                actions.append(action)
            }
        }
        if !plain.isEmpty { actions.append(.send(plain)) }
        return actions
    }

    /// What follows Ctrl-A; letters also with Ctrl held down. Unknown keys do nothing.
    private func meaning(of byte: UInt8) -> Action {
        switch byte {
        case Self.escape: .send([Self.escape])
        case UInt8(ascii: "x"), UInt8(ascii: "X"), 0x18: .stop
        case UInt8(ascii: "d"), UInt8(ascii: "D"), 0x04: canDetach ? .detach : .send([])
        case UInt8(ascii: "h"), UInt8(ascii: "H"), UInt8(ascii: "?"): .help
        default: .send([])
        }
    }

    var helpText: String {
        let detach = canDetach ? "\n  Ctrl-A d       leave the console; the machine goes on" : ""
        return """
            starling: keys of this console
              Ctrl-A x       stop the machine and leave\(detach)
              Ctrl-A Ctrl-A  send a Ctrl-A to the guest
              Ctrl-A h       this help
            """
    }
}
