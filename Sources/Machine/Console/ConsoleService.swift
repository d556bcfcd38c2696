// The server's thread: waits for clients and for output, and moves bytes between them.
import HostOS
import Synchronization

/// What the machine's threads and the server's thread share, and the latter's work.
final class ConsoleService: Sendable {
    private struct State {
        var history = ConsoleHistory()
        /// The server's thread looks at new output only when it has clients.
        var hasClients = false
        var isWoken = false
        var isClosing = false
    }

    /// More would be a mistake or an attack of the user's own programs.
    static let maximumClients = 16
    /// How long the server tries to send the last output, in nanoseconds.
    private static let closingTime: UInt64 = 1_000_000_000
    /// How long the server waits, in milliseconds, after it had no file left for a client.
    private static let pause: Int32 = 100

    private let state = Mutex(State())
    private let wakePipe: WakePipe
    private let input: @Sendable ([UInt8]) -> Void
    private let stop: @Sendable () -> Void

    init(input: @escaping @Sendable ([UInt8]) -> Void, stop: @escaping @Sendable () -> Void) throws(HostError) {
        wakePipe = try WakePipe()
        self.input = input
        self.stop = stop
    }

    /// Adds output. A machine without clients pays for a copy, not for a system call.
    func send(_ bytes: [UInt8]) {
        let mustWake = state.withLock { state in
            state.history.append(bytes)
            defer { if state.hasClients { state.isWoken = true } }
            return state.hasClients && !state.isWoken
        }
        if mustWake { wakePipe.wake() }
    }

    /// Asks the thread to end; false when that was done before.
    func beginClosing() -> Bool {
        let isFirst = state.withLock { state in
            defer { state.isClosing = true }
            return !state.isClosing
        }
        if isFirst { wakePipe.wake() }
        return isFirst
    }

    // MARK: On the server's thread

    /// Serves until the end.
    func serve(_ listener: StreamSocket) {
        var clients: [ConsoleConnection] = []
        var canAccept = true
        while let end = beginRound(hasClients: !clients.isEmpty) {
            var items = [PollItem(wakePipe)] + clients.map { PollItem($0.socket, output: $0.isBehind(end)) }
            if canAccept { items.append(PollItem(listener)) }
            HostPoll.wait(&items, milliseconds: canAccept ? nil : Self.pause)
            let isReadable = canAccept && items[items.count - 1].isReadable
            move(&clients, items.dropFirst().prefix(clients.count))
            canAccept = isReadable ? accept(listener, &clients) : true
        }
        finish(&clients)
    }

    /// The position up to which there is output; nil when it is time to end. New output wakes the
    /// thread after this.
    private func beginRound(hasClients: Bool) -> UInt64? {
        wakePipe.clear()
        return state.withLock { state in
            state.hasClients = hasClients
            state.isWoken = false
            return state.isClosing ? nil : state.history.end
        }
    }

    /// Takes in a new client; false when the host has no file for it, which `poll` would report again
    /// and again.
    private func accept(_ listener: StreamSocket, _ clients: inout [ConsoleConnection]) -> Bool {
        guard let socket = listener.accept() else { return false }
        // One too many is disconnected at once.
        guard clients.count < Self.maximumClients else { return true }
        clients.append(ConsoleConnection(socket, from: state.withLock { $0.history.replayStart }))
        return true
    }

    /// Receives and sends for the clients that are ready, and gives up those who are gone.
    private func move(_ clients: inout [ConsoleConnection], _ items: ArraySlice<PollItem>) {
        var staying: [ConsoleConnection] = []
        var buffer = [UInt8](repeating: 0, count: ConsoleFrame.maximumPayload)
        for (client, item) in zip(clients, items) {
            var client = client
            if item.isReadable {
                guard let frames = client.receive(&buffer), perform(frames) else { continue }
            }
            if item.isWritable, !client.send(history) { continue }
            staying.append(client)
        }
        clients = staying
    }

    /// Does what a client says; false when it says what only a server can.
    private func perform(_ frames: [ConsoleFrame]) -> Bool {
        for frame in frames {
            switch frame {
            case .input(let bytes): input(bytes)
            case .stop: stop()
            case .output: return false
            }
        }
        return true
    }

    private func history(from position: UInt64) -> [UInt8]? {
        state.withLock { $0.history.bytes(from: position, limit: ConsoleFrame.maximumPayload) }
    }

    /// Sends the last output, as far as the clients take it in time.
    private func finish(_ clients: inout [ConsoleConnection]) {
        let end = state.withLock { $0.history.end }
        let deadline = HostClock.monotonicNanoseconds() + Self.closingTime
        while true {
            clients.removeAll { !$0.isBehind(end) }
            let now = HostClock.monotonicNanoseconds()
            guard !clients.isEmpty, now < deadline else { return }
            var items = clients.map { PollItem($0.socket, input: false, output: true) }
            HostPoll.wait(&items, milliseconds: Int32((deadline - now) / 1_000_000 + 1))
            move(&clients, items[...])
        }
    }
}
