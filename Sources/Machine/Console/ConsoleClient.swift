// Using the console of a machine that another process runs.
import HostOS
import Synchronization

/// A connection to a machine's console. One thread may send while another one receives.
public final class ConsoleClient: Sendable {
    private struct Incoming {
        var decoder = ConsoleFrameDecoder()
        var buffer = [UInt8](repeating: 0, count: ConsoleFrame.maximumPayload)
    }

    private let socket: StreamSocket
    private let sending = Mutex(())
    private let incoming = Mutex(Incoming())

    /// Connects to the server at `socketPath`.
    /// - Throws: `ConsoleError.nobodyListens`, or `HostError`.
    public init(socketPath: String) throws {
        do {
            socket = try StreamSocket.connect(to: socketPath)
        } catch let error
            where [HostError.Code.noSuchFile, HostError.Code.connectionRefused].contains(error.code)
        {
            throw ConsoleError.nobodyListens(socketPath)
        }
    }

    /// The connection's number, for poll(2).
    public var descriptor: Int32 { socket.descriptor }

    /// Types `bytes` on the console. Waits while the machine's process takes nothing.
    /// - Throws: `ConsoleError.disconnected`.
    public func send(_ bytes: [UInt8]) throws { try transmit(ConsoleFrame.encoded(.input, bytes)) }

    /// Asks the machine to stop.
    /// - Throws: `ConsoleError.disconnected`.
    public func requestStop() throws { try transmit(ConsoleFrame.encoded(.stop, [])) }

    /// Waits for output; nil is the end.
    /// - Throws: `ConsoleError.notAConsole`.
    public func receive() throws -> [UInt8]? {
        try incoming.withLock { incoming in
            while true {
                switch socket.receive(into: &incoming.buffer) {
                case .ended: return nil
                case .wouldBlock: _ = HostPoll.wait(PollItem(socket), milliseconds: 1000)
                case .moved(let count):
                    let output = try Self.output(&incoming.decoder, incoming.buffer.prefix(count))
                    if !output.isEmpty { return output }
                }
            }
        }
    }

    private static func output(
        _ decoder: inout ConsoleFrameDecoder, _ bytes: ArraySlice<UInt8>
    ) throws(ConsoleError) -> [UInt8] {
        guard let frames = try? decoder.frames(bytes) else { throw .notAConsole }
        var output: [UInt8] = []
        for frame in frames {
            guard case .output(let bytes) = frame else { throw .notAConsole }
            output += bytes
        }
        return output
    }

    private func transmit(_ bytes: [UInt8]) throws {
        try sending.withLock { _ in
            var rest = bytes[...]
            while !rest.isEmpty {
                switch socket.send(rest) {
                case .ended: throw ConsoleError.disconnected
                case .wouldBlock: _ = HostPoll.wait(PollItem(socket, input: false, output: true), milliseconds: 1000)
                case .moved(let count): rest = rest.dropFirst(count)
                }
            }
        }
    }
}
