// The socket through which other processes use a running machine's console.
import HostOS

/// Serves `console.sock`, on a thread of its own. `ConsoleFrame.swift` describes the protocol.
///
/// Nothing that clients do holds the machine up: output goes into a ring, and a client that falls
/// further behind than the ring is long is given up.
public final class ConsoleServer: Sendable {
    private let socketPath: String
    private let service: ConsoleService
    private let thread: WorkerThread

    /// Begins to serve. What a killed process has left at `socketPath` is replaced.
    /// - Parameters:
    ///   - input: takes what clients type; called on the server's thread.
    ///   - stop: called there when a client wants the machine to stop.
    /// - Throws: `ConsoleError.inUse` when somebody serves there already, or `HostError`.
    public init(
        socketPath: String, input: @escaping @Sendable ([UInt8]) -> Void, stop: @escaping @Sendable () -> Void
    ) throws {
        self.socketPath = socketPath
        let service = try ConsoleService(input: input, stop: stop)
        let thread = try WorkerThread()
        let listener = try Self.listen(at: socketPath)
        self.service = service
        self.thread = thread
        _ = thread.submit { service.serve(listener) }
    }

    deinit { close() }

    /// Hands over what the console printed. Never waits; any thread may call it.
    public func send(_ bytes: [UInt8]) { service.send(bytes) }

    /// Sends the clients what they have not got yet, for a second at most, and ends. May be called
    /// again.
    public func close() {
        guard service.beginClosing() else { return }
        thread.finish()
        // The server works without the file, too; the next one replaces what stays.
        try? Folder.removeFile(socketPath)
    }

    /// Listens at `path`. A socket there that nobody listens at was left by a process that was killed.
    public static func listen(at path: String) throws -> StreamSocket {
        do throws(HostError) {
            return try StreamSocket.listen(at: path)
        } catch {
            guard error.code == HostError.Code.addressInUse else { throw error }
            guard StreamSocket.isSocket(path), isAbandoned(path) else { throw ConsoleError.inUse(path) }
            try Folder.removeFile(path)
            return try StreamSocket.listen(at: path)
        }
    }

    private static func isAbandoned(_ path: String) -> Bool {
        do throws(HostError) {
            _ = try StreamSocket.connect(to: path)
            return false
        } catch {
            return error.code == HostError.Code.connectionRefused
        }
    }
}

/// Why a console can not be used.
public enum ConsoleError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Something at this path keeps the server away.
    case inUse(String)
    /// Nobody serves a console at this path.
    case nobodyListens(String)
    /// The machine has ended, or has given this client up.
    case disconnected
    /// What answers is no console.
    case notAConsole

    public var description: String {
        switch self {
        case .inUse(let path):
            "\(path) is in use by another process, or is no socket: end that process, or remove the file"
        case .nobodyListens(let path):
            "no machine answers at \(path): start the machine first"
        case .disconnected:
            "the machine has closed its console: it has ended, or this process read too slowly; attach again"
        case .notAConsole:
            "what answers is not the console of a machine: check the path, and that both sides are of one version"
        }
    }
}
