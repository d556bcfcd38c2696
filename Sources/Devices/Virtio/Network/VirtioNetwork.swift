// The virtio network device (virtio 1.2, 5.1): an Ethernet card.
import MachineCore

/// A network card with one to four pairs of queues and a control queue.
///
/// A frame that the driver sends is copied out of RAM and is on its way at once. A frame that comes for the
/// driver waits in `state` while there is no buffer for it, so a snapshot holds it.
public final class VirtioNetwork: VirtioDevice, NetworkDevice {
    /// The live things that a card works with, and what it is made with.
    public struct Resources {
        /// What the card is plugged into.
        public var backend: any NetworkBackend
        /// The card's own address, as long as the driver does not set another.
        public var address: MACAddress
        /// The greatest size of an IP packet that the driver should send, in bytes: 1280 to 65535.
        public var maximumTransmissionUnit: UInt16
        /// How many pairs of queues a driver may use: 1 to 4.
        public var queuePairs: Int

        /// Collects the resources of one card; numbers out of their range are moved into it.
        public init(
            backend: any NetworkBackend, address: MACAddress, maximumTransmissionUnit: UInt16 = 1500,
            queuePairs: Int = 1
        ) {
            self.backend = backend
            self.address = address
            self.maximumTransmissionUnit = max(maximumTransmissionUnit, 1280)
            self.queuePairs = min(max(queuePairs, 1), VirtioNetwork.maximumQueuePairs)
        }
    }

    let transport: VirtioTransport
    let backend: any NetworkBackend
    let address: MACAddress
    let maximumTransmissionUnit: UInt16
    let queuePairs: Int
    public internal(set) var state: State
    /// What went through the card since it was built; for people, the guest does not see it.
    public internal(set) var counters = Counters()

    /// The back end was told to keep its frames, and waits to hear that there is room again.
    var hasRefused = false

    public init(
        _ resources: Resources, transport: VirtioTransport, restoring state: State
    ) throws(StateError) {
        self.transport = transport
        backend = resources.backend
        address = resources.address
        maximumTransmissionUnit = resources.maximumTransmissionUnit
        queuePairs = resources.queuePairs
        self.state = state
        try Self.check(state, transport, queuePairs)
        backend.attach(self)
        linkChanged()
        // What a driver was waiting for when the state was saved: nobody notifies about it again.
        if transport.isRunning { for pair in 0..<queuePairs { serve(pair) } }
    }

    /// Every chain that the driver sends is done with at once, and none that is to be filled is ever given
    /// to anybody else.
    public var isSettling: Bool { false }

    public func notify(queue: Int) {
        switch role(of: queue) {
        case .receive(let pair): deliverWaiting(pair)
        case .transmit(let pair): transmit(pair)
        case .control: control(queue)
        case .unused: break
        }
    }

    private func serve(_ pair: Int) {
        deliverWaiting(pair)
        transmit(pair)
    }

    /// The link's state stays: it belongs to the other end.
    public func reset() {
        let isLinkUp = state.isLinkUp
        state = Self.powerOn
        state.isLinkUp = isLinkUp
        tellBackendOfRoom()
    }

    public func linkChanged() {
        guard state.isLinkUp != backend.isLinkUp else { return }
        state.isLinkUp = backend.isLinkUp
        if transport.isNegotiated(Feature.status) { transport.configurationChanged() }
    }

    public func sendingPossible() {
        guard transport.isRunning else { return }
        for pair in 0..<state.activePairs { transmit(pair) }
    }

    /// Lets the back end offer again what the device did not take before.
    func tellBackendOfRoom() {
        guard hasRefused else { return }
        hasRefused = false
        backend.receivingPossible()
    }
}
