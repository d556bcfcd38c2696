// Being asked to end from outside: signals, from the first moment on.
import Foundation
import HostOS
import Machine
import Synchronization

/// What to do when a signal comes: at first remove what is half-made and end; once a machine runs,
/// stop it, so that everything ends in its own order.
final class Interruption: Sendable {
    private struct State {
        var signal: Int32?
        var unfinished: Set<String> = []
        var machine: MachineRemote?
    }

    private let state = Mutex(State())

    /// Begins to watch. For the main thread, before there are others.
    init() throws {
        try Signals.watch([Signals.interrupt, Signals.terminate, Signals.hangUp]) { [self] in receive($0) }
    }

    /// The signal that came, if one did.
    var signal: Int32? { state.withLock { $0.signal } }

    /// `path` is half-made: an end in this state removes it.
    func begin(_ path: String) { state.withLock { _ = $0.unfinished.insert(path) } }

    /// `path` is whole, or gone.
    func finish(_ path: String) { state.withLock { _ = $0.unfinished.remove(path) } }

    /// From now on a signal stops the machine.
    func attach(_ machine: MachineRemote) {
        let isLate = state.withLock { state in
            state.machine = machine
            return state.signal != nil
        }
        if isLate { machine.stop() }
    }

    /// A second signal does not wait for anything any more.
    private func receive(_ signal: Int32) {
        let (machine, isFirst, unfinished) = state.withLock { state in
            defer { state.signal = state.signal ?? signal }
            return (state.machine, state.signal == nil, state.unfinished)
        }
        if let machine, isFirst { return machine.stop() }
        for path in unfinished { try? Folder.removeTree(path) }
        Terminal.restore()
        exit(ExitStatus.ended(by: signal))
    }
}
