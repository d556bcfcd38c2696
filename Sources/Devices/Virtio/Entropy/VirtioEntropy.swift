// The virtio entropy device (virtio 1.2, 5.4): random bytes on demand.
import MachineCore

/// A source of random bytes for the guest.
public final class VirtioEntropy: VirtioDevice {
    /// The live things that an entropy device works with.
    public struct Resources {
        /// Gives the bytes.
        public var source: any EntropySource

        /// Collects the resources of one entropy device.
        public init(source: any EntropySource) { self.source = source }
    }

    let transport: VirtioTransport
    let source: any EntropySource
    public let state: State

    public init(
        _ resources: Resources, transport: VirtioTransport, restoring state: State
    ) throws(StateError) {
        self.transport = transport
        source = resources.source
        self.state = state
    }

    public var configuration: [UInt8] { [] }

    /// Every chain is done with at once.
    public var isSettling: Bool { false }

    /// Nothing to forget: all state is in the transport.
    public func reset() {}
}
