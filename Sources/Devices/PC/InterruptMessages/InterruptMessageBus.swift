// The way between I/O APICs, devices and local APICs.
import MachineCore

/// Told of the end of a level-triggered interrupt.
public protocol InterruptEndListener: AnyObject {
    /// A CPU has ended the interrupt `vector`.
    func interruptEnded(_ vector: UInt8)
}

/// Delivers interrupt messages to the local APICs of a machine.
public final class InterruptMessageBus {
    private var controllers: [LocalAPIC] = []
    private var listeners: [any InterruptEndListener] = []

    /// A bus without anything.
    public init() {}

    /// Adds the local APIC of the next CPU.
    public func attach(_ controller: LocalAPIC) { controllers.append(controller) }
    /// Adds an I/O APIC.
    public func attach(_ listener: any InterruptEndListener) { listeners.append(listener) }

    /// Delivers `message` to all that it is for; false when nobody takes it.
    @discardableResult
    public func send(_ message: InterruptMessage) -> Bool {
        deliver(message, to: controllers.filter { $0.isAddressed(by: message) })
    }

    /// Delivers `message`, whatever its destination, to all local APICs but `excluded`.
    func broadcast(_ message: InterruptMessage, except excluded: LocalAPIC?) {
        _ = deliver(message, to: controllers.filter { $0 !== excluded })
    }

    private func deliver(_ message: InterruptMessage, to receivers: [LocalAPIC]) -> Bool {
        if message.mode == .lowestPriority {
            let takers = receivers.filter(\.isEnabled)
            takers.min { $0.processorPriority < $1.processorPriority }?.receive(message)
            return !takers.isEmpty
        }
        for receiver in receivers { receiver.receive(message) }
        return !receivers.isEmpty
    }

    func interruptEnded(_ vector: UInt8) {
        for listener in listeners { listener.interruptEnded(vector) }
    }
}
