// Standard input, typed on the guest's console.
import HostOS
import Machine
import Synchronization

/// Reads standard input on a thread of its own: with Starling's keys on a terminal, otherwise byte by
/// byte as it comes.
final class ConsoleInput: Sendable {
    private let machine: MachineRemote
    private let keys: Mutex<EscapeKeys>?

    private init(_ machine: MachineRemote, keys: EscapeKeys?) {
        self.machine = machine
        self.keys = keys.map { Mutex($0) }
    }

    /// Begins to read for `machine`; a terminal goes into raw mode.
    static func start(for machine: MachineRemote) throws {
        let isTerminal = StandardStream.input.isTerminal
        if isTerminal { try Terminal.enterRawMode() }
        let input = ConsoleInput(machine, keys: isTerminal ? EscapeKeys(canDetach: false) : nil)
        let thread = try WorkerThread()
        _ = thread.submit { input.readAll() }
        // It reads as long as the process lives; the end of its object would wait for it.
        _ = Unmanaged.passRetained(thread)
    }

    private func readAll() {
        while true {
            let bytes = StandardStream.input.read(atMost: 4096)
            guard !bytes.isEmpty else { return machine.endInput() }
            guard let keys else {
                machine.sendInput(bytes)
                continue
            }
            let (actions, help) = keys.withLock { ($0.feed(bytes), $0.helpText) }
            for action in actions { perform(action, help) }
        }
    }

    private func perform(_ action: EscapeKeys.Action, _ help: String) {
        switch action {
        case .send(let bytes): machine.sendInput(bytes)
        case .help: Message.write("\n" + help)
        case .stop: machine.stop()
        case .detach: break
        }
    }
}
