// Stock gdb, run on a script against a session about a fake machine.
import Debug
import Foundation
import HostOS

/// One run of gdb: the commands go in, what it prints comes out.
final class GDBRun {
    struct Failure: Error, CustomStringConvertible { var description: String }

    private static let program = "/usr/bin/gdb-multiarch"
    let machine = FakeMachine()
    /// How often gdb was sent Ctrl-C because the machine ran on and on.
    private(set) var interruptCount = 0
    private(set) var requests: [GDBSession.Request] = []
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("gdb-\(UUID().uuidString)")

    init() throws {
        guard FileManager.default.isExecutableFile(atPath: Self.program) else {
            throw Failure(description: "\(Self.program) is missing; apt-get install gdb-multiarch")
        }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Runs gdb, connected, with `commands`; gives what it prints, errors included.
    func output(of commands: [String]) throws -> String {
        let socket = folder.appendingPathComponent("gdb.socket").path
        let listener = try StreamSocket.listen(at: socket)
        let log = folder.appendingPathComponent("log")
        try Data().write(to: log)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        // Tests run on threads that block signals, and gdb inherits that.
        let unblock = "python import signal; signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])"
        let settings = [unblock, "set width 0", "set height 0", "target remote \(socket)"]
        process.arguments = ["-nx", "-nh", "-batch"] + (settings + commands).flatMap { ["-ex", $0] }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = process.standardOutput
        try process.run()
        // Asking would not do: gdb inherits the blocked signals.
        defer { if process.isRunning { HostProcess.destroy(process.processIdentifier) } }
        guard HostPoll.wait(PollItem(listener), milliseconds: 30_000), let client = listener.accept() else {
            throw Failure(description: "gdb does not connect")
        }
        try serve(client, process)
        process.waitUntilExit()
        return String(decoding: try Data(contentsOf: log), as: UTF8.self)
    }

    /// Owns a session until gdb is gone.
    private func serve(_ client: StreamSocket, _ process: Process) throws {
        let session = GDBSession(machine)
        var action: ResumeAction?
        var buffer = [UInt8](repeating: 0, count: 4096)
        defer { session.end() }
        while !session.isOver {
            if let moving = action {
                action = try advance(moving, session, process)
            } else if !HostPoll.wait(PollItem(client), milliseconds: 30_000) {
                throw Failure(description: "gdb hangs")
            }
            switch client.receive(into: &buffer) {
            case .ended: return
            case .wouldBlock: break
            case .moved(let count):
                for request in session.feed(buffer.prefix(count)) { action = handle(request, session) }
            }
            try send(session.takeOutput(), client)
        }
    }

    /// Gives what the machine does from now on.
    private func handle(_ request: GDBSession.Request, _ session: GDBSession) -> ResumeAction? {
        requests.append(request)
        switch request {
        case .resume(let action): return action
        case .interrupt: session.stopped(.interrupted, thread: 1)
        case .detach, .kill, .disconnect: break
        }
        return nil
    }

    /// Lets the machine move on a little; gives what it goes on with.
    private func advance(
        _ action: ResumeAction, _ session: GDBSession, _ process: Process
    ) throws -> ResumeAction? {
        guard machine.harts[0].x[5] < 1_000_000 else {
            throw Failure(description: "nothing stops the machine")
        }
        machine.isRunning = true
        let stop = machine.move(action, limit: 1000)
        machine.isRunning = false
        if let stop {
            session.stopped(stop.reason, thread: stop.thread)
            return nil
        }
        if machine.harts[0].x[5] > 20_000, interruptCount == 0 {
            interruptCount += 1
            kill(process.processIdentifier, SIGINT)
        }
        if interruptCount > 0 { HostProcess.sleep(milliseconds: 1) }
        return action
    }

    private func send(_ bytes: [UInt8], _ client: StreamSocket) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch client.send(rest) {
            case .moved(let count): rest = rest.dropFirst(count)
            case .wouldBlock:
                _ = HostPoll.wait(PollItem(client, input: false, output: true), milliseconds: 1000)
            case .ended: throw Failure(description: "gdb went away")
            }
        }
    }
}
