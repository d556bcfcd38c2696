// This process's standard streams, attached to the console of a machine in another process.
import Foundation
import HostOS
import Machine

/// Passes bytes between the standard streams and a console until the machine ends, or until the user
/// leaves.
struct ConsoleSession {
    private let client: ConsoleClient
    private let bundle: MachineBundle

    /// Attaches to a running machine.
    /// - Throws: `BundleError.notRunning`, or why nobody answers.
    init(_ bundle: MachineBundle) throws {
        self.bundle = bundle
        if case .stopped = bundle.runState { throw BundleError.notRunning(name: bundle.name) }
        client = try ConsoleClient(socketPath: bundle.socketPath)
    }

    /// Returns when the machine has ended. Leaving ends the process.
    func run() throws {
        try Signals.watch([Signals.interrupt, Signals.terminate, Signals.hangUp]) { signal in
            Terminal.restore()
            exit(ExitStatus.ended(by: signal))
        }
        if StandardStream.input.isTerminal {
            Message.say("attached to '\(bundle.name)'; Ctrl-A d leaves, Ctrl-A h shows all keys")
            try Terminal.enterRawMode()
        }
        try startReading()
        defer { Terminal.restore() }
        while let bytes = try client.receive() { _ = StandardStream.output.write(bytes) }
        Terminal.restore()
        guard hasEnded() else {
            throw Failure("the machine has closed this console, as it was not read for too long; attach again")
        }
        Message.say("machine '\(bundle.name)' has ended")
    }

    /// The console closes a moment before the machine's process is gone.
    private func hasEnded() -> Bool {
        for _ in 0..<100 {
            if bundle.runState == .stopped { return true }
            HostProcess.sleep(milliseconds: 20)
        }
        return false
    }

    private func startReading() throws {
        let reader = ConsoleReader(client: client, name: bundle.name)
        let thread = try WorkerThread()
        _ = thread.submit { reader.readAll() }
        // It reads as long as the process lives; the end of its object would wait for it.
        _ = Unmanaged.passRetained(thread)
    }
}

/// Sends what comes from standard input. The end of it is not the end of the session: the machine's
/// answer may still come.
private struct ConsoleReader: Sendable {
    let client: ConsoleClient
    let name: String

    func readAll() {
        var keys = StandardStream.input.isTerminal ? EscapeKeys(canDetach: true) : nil
        while true {
            let bytes = StandardStream.input.read(atMost: 4096)
            if bytes.isEmpty { return }
            let actions = keys?.feed(bytes) ?? [.send(bytes)]
            for action in actions { perform(action, keys?.helpText ?? "") }
        }
    }

    private func perform(_ action: EscapeKeys.Action, _ help: String) {
        switch action {
        // A console that takes nothing more has ended; the other direction notices.
        case .send(let bytes): try? client.send(bytes)
        case .stop: try? client.requestStop()
        case .help: Message.write("\n" + help)
        case .detach:
            Terminal.restore()
            Message.write("")
            Message.say("left the console; machine '\(name)' goes on")
            exit(ExitStatus.success)
        }
    }
}
