// The protocol of a machine's console socket: frames on a stream.
//
// The socket is `console.sock` in the machine's bundle (unix(7), SOCK_STREAM, mode 0600). Both sides
// send frames; there is no greeting and no answer. A frame is
//
//     offset  size  meaning
//     0       1     kind
//     1       2     length of the payload in bytes, most significant byte first; at most 16384
//     3       n     payload
//
//     kind  name    from    payload
//     1     input   client  1 or more bytes to type on the console
//     2     output  server  1 or more bytes that the console printed
//     3     stop    client  none; the machine is to stop
//
// A new client first gets the last 64 KiB of output, then everything as it comes. The end of the
// connection means that the machine has ended, or that the client read so slowly, or sent something
// so wrong, that the server gave it up. Leaving the console is closing the connection.

/// One frame.
enum ConsoleFrame: Equatable, Sendable {
    case input([UInt8])
    case output([UInt8])
    case stop

    /// The longest payload, in bytes.
    static let maximumPayload = 1 << 14
    static let headerByteCount = 3

    enum Kind: UInt8 {
        case input = 1
        case output = 2
        case stop = 3

        /// The lengths that a payload of this kind can have.
        var payloadLengths: ClosedRange<Int> { self == .stop ? 0...0 : 1...ConsoleFrame.maximumPayload }
    }

    /// Frames of one kind with all of `payload`, as they are sent.
    static func encoded(_ kind: Kind, _ payload: [UInt8]) -> [UInt8] {
        if kind == .stop { return header(.stop, 0) }
        var bytes: [UInt8] = []
        var rest = payload[...]
        while !rest.isEmpty {
            let piece = rest.prefix(maximumPayload)
            bytes += header(kind, piece.count) + piece
            rest = rest.dropFirst(piece.count)
        }
        return bytes
    }

    private static func header(_ kind: Kind, _ length: Int) -> [UInt8] {
        [kind.rawValue, UInt8(length >> 8), UInt8(length & 0xff)]
    }

    fileprivate init(_ kind: Kind, _ payload: [UInt8]) {
        switch kind {
        case .input: self = .input(payload)
        case .output: self = .output(payload)
        case .stop: self = .stop
        }
    }
}

/// The other side does not speak the protocol.
struct MalformedFrame: Error, Equatable {}

/// Takes a stream apart into frames.
struct ConsoleFrameDecoder {
    /// Less than one frame.
    private var buffer: [UInt8] = []

    /// The frames that are complete with `bytes`, in order.
    /// - Throws: `MalformedFrame`; what follows in the stream then means nothing.
    mutating func frames(_ bytes: some Sequence<UInt8>) throws(MalformedFrame) -> [ConsoleFrame] {
        buffer += bytes
        var frames: [ConsoleFrame] = []
        var start = 0
        while let frame = try frame(at: start) {
            frames.append(frame.value)
            start = frame.end
        }
        buffer.removeFirst(start)
        return frames
    }

    /// The frame that begins at `start`; nil when there is more to come.
    private func frame(at start: Int) throws(MalformedFrame) -> (value: ConsoleFrame, end: Int)? {
        guard start < buffer.count else { return nil }
        guard let kind = ConsoleFrame.Kind(rawValue: buffer[start]) else { throw MalformedFrame() }
        let payloadStart = start + ConsoleFrame.headerByteCount
        guard payloadStart <= buffer.count else { return nil }
        let length = Int(buffer[start + 1]) << 8 | Int(buffer[start + 2])
        guard kind.payloadLengths.contains(length) else { throw MalformedFrame() }
        let end = payloadStart + length
        guard end <= buffer.count else { return nil }
        return (ConsoleFrame(kind, Array(buffer[payloadStart..<end])), end)
    }
}
