// Where the guest's console output goes.
import HostOS
import Machine
import Synchronization

/// Writes to standard output without buffering, and to whoever is attached to the console's socket.
final class ConsoleOutput: Sendable {
    private let server = Mutex<ConsoleServer?>(nil)
    private let isGone = Atomic<Bool>(false)
    private let interruption: Interruption

    init(_ interruption: Interruption) { self.interruption = interruption }

    /// Also sends to those who are attached to `server`.
    func attach(_ server: ConsoleServer) { self.server.withLock { $0 = server } }

    /// Takes what the guest prints. Waits while standard output takes nothing, but not when the machine
    /// is to end.
    func write(_ bytes: [UInt8]) {
        server.withLock { $0 }?.send(bytes)
        if isGone.load(ordering: .relaxed) { return }
        let isWritten = StandardStream.output.write(bytes, unless: { interruption.signal != nil })
        guard !isWritten, interruption.signal == nil else { return }
        isGone.store(true, ordering: .relaxed)
        Message.say("nobody reads standard output any more; the console's output is dropped from here on")
    }
}
