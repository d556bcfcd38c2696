// What other threads may ask of a running machine.
import HostOS
import Synchronization

/// Reaches a machine from other threads: every request is done by the machine's own thread, between
/// two slices of execution.
public final class MachineRemote: Sendable {
    /// What the requests do; called on the machine's thread only.
    private struct Actions: @unchecked Sendable {
        var input: ([UInt8]) -> Int
        var stop: () -> Void
    }

    private let mailbox: Mailbox
    private let actions = Mutex<Actions?>(nil)
    private let inputEnded = Atomic<Bool>(false)

    init(_ mailbox: Mailbox) { self.mailbox = mailbox }

    func connect(input: @escaping ([UInt8]) -> Int, stop: @escaping () -> Void) {
        // Written once, before the machine runs; the closures are only called on its thread.
        let actions = Actions(input: input, stop: stop)
        self.actions.withLock { $0 = actions }
    }

    /// Types `bytes` on the machine's console. Input that finds no room is dropped, as on a serial line.
    public func sendInput(_ bytes: [UInt8]) {
        mailbox.post { [self] in _ = actions.withLock { $0 }?.input(bytes) }
    }

    /// Stops the machine: `run` returns `.stopped`.
    public func stop() {
        mailbox.post { [self] in actions.withLock { $0 }?.stop() }
    }

    /// Says that no more input will come, so that a machine that waits for it forever can end.
    public func endInput() {
        inputEnded.store(true, ordering: .releasing)
        mailbox.post {}
    }

    var isInputPossible: Bool { !inputEnded.load(ordering: .acquiring) }
}
