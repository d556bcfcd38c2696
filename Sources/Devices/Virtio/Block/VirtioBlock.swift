// The virtio block device (virtio 1.2, 5.2): a disk.
import MachineCore

/// The text by which a guest knows a disk, for instance as `/dev/disk/by-id/virtio-TEXT`.
public struct BlockSerial: Equatable, Sendable {
    /// The standard's length limit in bytes.
    public static let maximumLength = 20

    /// The text.
    public let text: String
    /// The text in 20 bytes, padded with zeros (virtio 1.2, 5.2.6: VIRTIO_BLK_T_GET_ID).
    let padded: [UInt8]

    /// Takes up to 20 printable ASCII characters; nil for any other text.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumLength, bytes.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            return nil
        }
        self.text = text
        padded = bytes + [UInt8](repeating: 0, count: Self.maximumLength - bytes.count)
    }
}

/// A disk on one request queue. Requests are carried out by the back end in any order.
public final class VirtioBlock: VirtioDevice {
    /// The live things that a disk works with.
    public struct Resources {
        /// Holds the disk's contents.
        public var backend: any BlockBackend
        /// What the guest reads as the disk's serial number.
        public var serial: BlockSerial

        /// Collects the resources of one disk.
        public init(backend: any BlockBackend, serial: BlockSerial) {
            self.backend = backend
            self.serial = serial
        }
    }

    let transport: VirtioTransport
    let backend: any BlockBackend
    let serial: BlockSerial
    public internal(set) var state: State

    /// Counts resets, so that completions of older requests are known as such.
    var generation: UInt64 = 0
    /// Requests that the back end still works on, from before the last reset too.
    var outstandingCount = 0

    public init(
        _ resources: Resources, transport: VirtioTransport, restoring state: State
    ) throws(StateError) {
        self.transport = transport
        backend = resources.backend
        serial = resources.serial
        self.state = state
        try Self.check(state, transport)
        resubmitInFlight()
    }

    public var isSettling: Bool { outstandingCount > state.inFlight.count }

    public func reset() {
        state = Self.powerOn
        generation &+= 1
    }
}
