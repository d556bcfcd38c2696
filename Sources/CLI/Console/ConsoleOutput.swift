// Where the guest's console output goes.
import HostOS
import Machine
import Synchronization

/// Writes to standard output without buffering, and to whoever is attached to the console's socket.
final class ConsoleOutput: Sendable {
    private struct State {
        var server: ConsoleServer?
        /// Bytes that standard output may still get.
        var room: Int
    }

    private let state: Mutex<State>
    private let interruption: Interruption

    /// - Parameter limit: how many bytes standard output gets at most: a log file must not grow for ever.
    init(_ interruption: Interruption, limit: Int = .max) {
        self.interruption = interruption
        state = Mutex(State(room: limit))
    }

    /// Also sends to those who are attached to `server`.
    func attach(_ server: ConsoleServer) { state.withLock { $0.server = server } }

    /// Takes what the guest prints. Waits while standard output takes nothing, but not when the machine
    /// is to end.
    func write(_ bytes: [UInt8]) {
        let (server, room) = state.withLock { ($0.server, $0.room) }
        server?.send(bytes)
        guard room > 0 else { return }
        let piece = Array(bytes.prefix(room))
        let isWritten = StandardStream.output.write(piece, unless: { interruption.signal != nil })
        guard interruption.signal == nil else { return }
        let isFull = state.withLock { state in
            state.room = isWritten ? room - piece.count : 0
            return state.room == 0
        }
        guard isFull else { return }
        let cause = isWritten ? "the log is full" : "nobody reads standard output any more"
        Message.say("\(cause): the console's output is dropped from here on")
    }
}
