// What the card tells drivers about itself, and which queue is for what (virtio 1.2, 5.1.2 to 5.1.4).

extension VirtioNetwork {
    public static let deviceID: UInt16 = 1
    /// Network controller, Ethernet.
    public static let classCode: UInt32 = 0x02_00_00
    /// The most pairs of queues that a card can have.
    public static let maximumQueuePairs = 4
    /// Pairs of a receive and a transmit queue, and the control queue.
    public static let queueSizes = [UInt16](repeating: 256, count: 2 * maximumQueuePairs + 1)
    /// All fields up to `mtu`.
    public static let configurationByteCount = 12

    /// Feature bits of the network device.
    enum Feature {
        /// The driver may leave checksums partial.
        static let checksum: UInt64 = 1 << 0
        /// The driver takes frames with partial checksums.
        static let guestChecksum: UInt64 = 1 << 1
        static let maximumTransmissionUnit: UInt64 = 1 << 3
        static let address: UInt64 = 1 << 5
        /// The driver takes large TCP segments.
        static let guestTCP4: UInt64 = 1 << 7
        static let guestTCP6: UInt64 = 1 << 8
        /// The driver may send large TCP segments.
        static let hostTCP4: UInt64 = 1 << 11
        static let hostTCP6: UInt64 = 1 << 12
        /// A frame may be spread over several receive buffers.
        static let mergeableBuffers: UInt64 = 1 << 15
        static let status: UInt64 = 1 << 16
        static let controlQueue: UInt64 = 1 << 17
        static let controlReceive: UInt64 = 1 << 18
        static let controlVLAN: UInt64 = 1 << 19
        static let controlReceiveExtra: UInt64 = 1 << 20
        static let multipleQueues: UInt64 = 1 << 22
        static let controlAddress: UInt64 = 1 << 23
    }

    public static func features(_ resources: Resources) -> UInt64 {
        let offloads =
            Feature.checksum | Feature.guestChecksum | Feature.guestTCP4 | Feature.guestTCP6 | Feature.hostTCP4
            | Feature.hostTCP6 | Feature.mergeableBuffers
        let control =
            Feature.controlQueue | Feature.controlReceive | Feature.controlVLAN | Feature.controlReceiveExtra
            | Feature.controlAddress
        let always = offloads | control | Feature.maximumTransmissionUnit | Feature.address | Feature.status
        return always | (resources.queuePairs > 1 ? Feature.multipleQueues : 0)
    }

    public var configuration: [UInt8] {
        var bytes = (state.address ?? address).bytes
        bytes += [UInt8](repeating: 0, count: Self.configurationByteCount - bytes.count)
        bytes.storeLittleEndian(state.isLinkUp ? 1 : 0, at: 6, byteCount: 2)
        bytes.storeLittleEndian(UInt64(queuePairs), at: 8, byteCount: 2)
        bytes.storeLittleEndian(UInt64(maximumTransmissionUnit), at: 10, byteCount: 2)
        return bytes
    }

    /// The driver accepted a feature and all that it needs (virtio 1.2, 5.1.3.1).
    func uses(_ feature: UInt64) -> Bool {
        let needed: UInt64
        switch feature {
        case Feature.guestTCP4, Feature.guestTCP6: needed = Feature.guestChecksum
        case Feature.hostTCP4, Feature.hostTCP6: needed = Feature.checksum
        case Feature.controlReceive, Feature.controlVLAN, Feature.controlReceiveExtra,
            Feature.multipleQueues, Feature.controlAddress:
            needed = Feature.controlQueue
        default: needed = 0
        }
        return transport.isNegotiated(feature | needed)
    }

    // MARK: Queues

    /// What a queue is for.
    enum QueueRole: Equatable {
        case receive(Int)
        case transmit(Int)
        case control
        case unused
    }

    /// The queues of pair 0 come first; the control queue follows all pairs that the driver could use
    /// (virtio 1.2, 5.1.2).
    func role(of queue: Int) -> QueueRole {
        let pairs = uses(Feature.multipleQueues) ? queuePairs : 1
        if queue == 2 * pairs { return uses(Feature.controlQueue) ? .control : .unused }
        guard queue < 2 * state.activePairs else { return .unused }
        return queue & 1 == 0 ? .receive(queue / 2) : .transmit(queue / 2)
    }

    static func receiveQueue(_ pair: Int) -> Int { 2 * pair }
    static func transmitQueue(_ pair: Int) -> Int { 2 * pair + 1 }
}
