// The virtio console (virtio 1.2, 5.3): one port, a byte stream in both directions.
import MachineCore

/// A console with port 0 only: bytes, and the size of the terminal at the other end.
public final class VirtioConsole: VirtioDevice {
    /// The live things that a console works with.
    public struct Resources {
        /// The byte stream's other end.
        public var port: CharacterPort

        /// Collects the resources of one console.
        public init(port: CharacterPort) { self.port = port }
    }

    let transport: VirtioTransport
    let port: CharacterPort
    public internal(set) var state: State

    public init(
        _ resources: Resources, transport: VirtioTransport, restoring state: State
    ) throws(StateError) {
        self.transport = transport
        port = resources.port
        self.state = state
        port.inputArrived = { [weak self] in self?.receive() }
        // Input may have been offered before there was a device to hear of it.
        receive()
    }

    /// The terminal has this many characters in a line and lines now (0: unknown). Tells the guest if
    /// that is a change.
    public func resize(columns: UInt16, rows: UInt16) {
        guard (columns, rows) != (state.columns, state.rows) else { return }
        state.columns = columns
        state.rows = rows
        if transport.isNegotiated(Self.sizeFeature) { transport.configurationChanged() }
    }

    /// Every chain is done with at once.
    public var isSettling: Bool { false }

    /// The terminal's size stays: it belongs to the other end.
    public func reset() {}
}
