// Standard input, typed on the guest's console.
import HostOS
import Machine

/// Reads standard input on a thread of its own: with Starling's keys on a terminal, otherwise byte by
/// byte as it comes.
struct ConsoleInput: Sendable {
    private let machine: MachineRemote
    private let isTerminal = StandardStream.input.isTerminal

    /// Begins to read for `machine`; a terminal goes into raw mode.
    static func start(for machine: MachineRemote) throws {
        let input = ConsoleInput(machine: machine)
        if input.isTerminal { try Terminal.enterRawMode() }
        let thread = try WorkerThread()
        _ = thread.submit { input.readAll() }
        // It reads as long as the process lives; the end of its object would wait for it.
        _ = Unmanaged.passRetained(thread)
    }

    private init(machine: MachineRemote) { self.machine = machine }

    private func readAll() {
        var keys = isTerminal ? EscapeKeys(canDetach: false) : nil
        while true {
            machine.waitForInputRoom()
            let bytes = StandardStream.input.read(atMost: 4096)
            if bytes.isEmpty { return machine.endInput() }
            let actions = keys?.feed(bytes) ?? [.send(bytes)]
            for action in actions { perform(action, keys?.helpText ?? "") }
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
