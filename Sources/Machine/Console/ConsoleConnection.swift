// The server's side of one client.
import HostOS

/// A client of a console. Used on the server's thread.
struct ConsoleConnection {
    let socket: StreamSocket
    /// What the client has not yet been sent of the console's output begins here.
    private var position: UInt64
    /// The rest of the frame that is being sent.
    private var outgoing: ArraySlice<UInt8> = []
    private var decoder = ConsoleFrameDecoder()

    /// A new client, to be sent the output from `position` on.
    init(_ socket: StreamSocket, from position: UInt64) {
        self.socket = socket
        self.position = position
    }

    /// The client has not been sent everything up to `end`.
    func isBehind(_ end: UInt64) -> Bool { !outgoing.isEmpty || position < end }

    /// What the client says; nil when it is gone or does not speak the protocol.
    mutating func receive(_ buffer: inout [UInt8]) -> [ConsoleFrame]? {
        switch socket.receive(into: &buffer) {
        case .ended: return nil
        case .wouldBlock: return []
        case .moved(let count): return try? decoder.frames(buffer.prefix(count))
        }
    }

    /// Sends a piece; false when the client is gone or too slow.
    mutating func send(_ history: (UInt64) -> [UInt8]?) -> Bool {
        if outgoing.isEmpty {
            guard let bytes = history(position) else { return false }
            position += UInt64(bytes.count)
            outgoing = ConsoleFrame.encoded(.output, bytes)[...]
        }
        switch socket.send(outgoing) {
        case .ended: return false
        case .wouldBlock: return true
        case .moved(let count):
            outgoing = outgoing.dropFirst(count)
            return true
        }
    }
}
