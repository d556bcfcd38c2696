// Where debuggers connect to a running machine.
import Debug
import HostOS
import Synchronization

/// Listens for the GNU debugger at a path or a loopback port, on a thread of its own; one debugger at a time.
public final class DebugServer: Sendable {
    /// Where to listen.
    public enum Address: Equatable, Sendable {
        /// A socket that only the user's own processes can connect to.
        case path(String)
        /// A port of 127.0.0.1; 0 takes a free one.
        case loopbackPort(UInt16)
    }

    /// Where it listens: a path, or 127.0.0.1 with the port.
    public let address: String
    private let path: String?
    private let listener: StreamSocket
    private let remote: MachineRemote
    private let thread: WorkerThread
    private let wakePipe: WakePipe
    private let isClosing = Atomic<Bool>(false)
    private let output = Mutex<Output>(Output())

    private struct Output {
        var bytes: [UInt8] = []
        var isOver = false
    }

    /// Keeps the session, which belongs to the machine's thread, between requests.
    private final class Slot: @unchecked Sendable {
        var debugger: MachineDebugger?
    }

    /// Begins to listen. What a killed process has left at a path is replaced.
    /// - Throws: `HostError` when the address can not be had; `ConsoleError.inUse` when somebody has the path.
    public init(_ address: Address, _ remote: MachineRemote) throws {
        switch address {
        case .path(let path):
            listener = try ConsoleServer.listen(at: path)
            self.address = path
            self.path = path
        case .loopbackPort(let port):
            listener = try StreamSocket.listen(loopbackPort: port)
            self.address = "127.0.0.1:\(listener.port)"
            path = nil
        }
        self.remote = remote
        thread = try WorkerThread()
        wakePipe = try WakePipe()
        _ = thread.submit { [self] in serve() }
    }

    /// Ends the conversation, if there is one, and stops listening.
    public func close() {
        guard !isClosing.exchange(true, ordering: .acquiringAndReleasing) else { return }
        wakePipe.wake()
        thread.finish()
        if let path { try? Folder.removeFile(path) }
    }

    private func serve() {
        while !isClosing.load(ordering: .acquiring) {
            var items = [PollItem(wakePipe), PollItem(listener)]
            HostPoll.wait(&items)
            wakePipe.clear()
            if items[1].isReadable, let socket = listener.accept() { converse(socket) }
        }
    }

    private func converse(_ socket: StreamSocket) {
        let slot = Slot()
        output.withLock { $0 = Output() }
        let isAttached: Void? = try? remote.perform { [self] machine in
            slot.debugger = try MachineDebugger(machine, send: { self.append($0) }, finished: { self.finish() })
        }
        if isAttached != nil { move(socket, slot) }
        remote.submit({ _ in slot.debugger?.end() }, completion: { _ in })
    }

    private func append(_ bytes: [UInt8]) {
        output.withLock { $0.bytes += bytes }
        wakePipe.wake()
    }

    private func finish() {
        output.withLock { $0.isOver = true }
        wakePipe.wake()
    }

    /// Moves bytes until one side has enough.
    private func move(_ socket: StreamSocket, _ slot: Slot) {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while !isClosing.load(ordering: .acquiring) {
            let (waiting, isOver) = output.withLock { ($0.bytes, $0.isOver) }
            if waiting.isEmpty && isOver { return }
            var items = [PollItem(wakePipe), PollItem(socket, input: !isOver, output: !waiting.isEmpty)]
            HostPoll.wait(&items)
            wakePipe.clear()
            if items[1].isWritable {
                switch socket.send(waiting[...]) {
                case .moved(let count): output.withLock { $0.bytes.removeFirst(count) }
                case .wouldBlock: break
                case .ended: return
                }
            }
            guard items[1].isReadable else { continue }
            switch socket.receive(into: &buffer) {
            case .moved(let count):
                let bytes = Array(buffer.prefix(count))
                // Waiting for the machine is what keeps a debugger from sending without end.
                guard (try? remote.perform({ _ in slot.debugger?.feed(bytes) })) != nil else { return }
            case .wouldBlock: break
            case .ended: return
            }
        }
    }
}
