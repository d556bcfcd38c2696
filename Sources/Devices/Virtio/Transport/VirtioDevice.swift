// What a kind of virtio device is to the transport that carries it.
import MachineCore

/// The behaviour of one kind of virtio device: what it offers and what it does with its queues.
///
/// A model gets the transport that carries it as its way to the queues, and is called by it on the
/// runner thread. All state that a driver could notice is in the model's `State` and the transport's.
public protocol VirtioDevice: AnyObject {
    /// The model's own guest-visible state.
    associatedtype State: Codable, Equatable, Sendable
    /// The live things that the model works with.
    associatedtype Resources

    /// The version of `State`.
    static var stateVersion: UInt8 { get }
    /// The state after power-on.
    static var powerOn: State { get }
    /// The device ID (virtio 1.2, 5): 1 to 63.
    static var deviceID: UInt16 { get }
    /// The PCI class code: 24 bits.
    static var classCode: UInt32 { get }
    /// The greatest size of each queue: a power of two, at most 32768.
    static var queueSizes: [UInt16] { get }
    /// The size of the device-specific configuration in bytes; 0 when there is none.
    static var configurationByteCount: Int { get }

    /// The device-specific feature bits that a device with these resources offers.
    static func features(_ resources: Resources) -> UInt64

    /// Builds the model in `state`. RAM and the transport have been restored by then.
    /// - Throws: `StateError` when `state` can not be a state of this model.
    init(
        _ resources: Resources, transport: VirtioTransport, restoring state: State
    ) throws(StateError)

    /// The state now.
    var state: State { get }

    /// The device-specific configuration (virtio 1.2, 2.5), little-endian: `configurationByteCount`
    /// bytes. No model here has fields that a driver may write.
    var configuration: [UInt8] { get }

    /// A request of before the last reset still uses memory that the driver lent for it. The driver
    /// is kept waiting as long as this is true.
    var isSettling: Bool { get }

    /// The driver may have made chains available in `queue`: an index into `queueSizes`. Called for
    /// every queue when the driver becomes ready, and for its own notifications.
    func notify(queue: Int)

    /// The driver or the machine resets the device: forget all chains.
    func reset()
}

/// Feature bits that belong to the transport and the queues (virtio 1.2, 6).
enum VirtioFeature {
    static let indirectDescriptors: UInt64 = 1 << 28
    static let eventIndex: UInt64 = 1 << 29
    /// The device follows version 1 of the standard; drivers of older devices are not served.
    static let version1: UInt64 = 1 << 32
    /// What every device here offers.
    static let common = indirectDescriptors | eventIndex | version1
}

/// Bits of the device status (virtio 1.2, 2.1).
enum VirtioStatus {
    static let acknowledge: UInt8 = 1
    static let driver: UInt8 = 2
    static let driverReady: UInt8 = 4
    static let featuresAccepted: UInt8 = 8
    static let needsReset: UInt8 = 64
    static let failed: UInt8 = 128
    /// The bits that the driver sets.
    static let ofDriver = acknowledge | driver | driverReady | featuresAccepted | failed
}

/// Bits of the interrupt status (virtio 1.2, 4.1.4.5).
enum VirtioInterrupt {
    static let queue: UInt8 = 1
    static let configuration: UInt8 = 2
}
