// Device 0 of the bus: the host bridge's own configuration space.
import MachineCore

/// The function that stands for the host bridge. It has no memory and no interrupt; operating systems
/// expect it, and tell from its class code what the bus is.
public final class PCIHostBridge: PCIFunction, Snapshotting {
    /// What the guest can see of the bridge.
    public struct State: Codable, Equatable, Sendable {
        /// The contents of the configuration space: 256 bytes.
        public var configuration: [UInt8]

        /// The state after power-on.
        public static var powerOn: State { State(configuration: PCIHostBridge.layout.initial) }
    }

    public static let stateVersion: StateVersion = 1

    /// The numbers that are set aside for a generic PCI Express host bridge of a virtual machine,
    /// which has no registers beyond the header and needs no driver. Class: bridge, host.
    private static let layout = PCIConfigurationLayout(
        PCIIdentity(
            vendor: 0x1b36, device: 0x0008, revision: 0, classCode: 0x06_00_00,
            subsystemVendor: 0, subsystem: 0))

    private var configuration: PCIConfiguration

    public init(_ resources: Void, restoring state: State) throws(StateError) {
        configuration = try PCIConfiguration(
            Self.layout, restoring: state.configuration, part: "the PCI host bridge")
    }

    public var state: State { State(configuration: configuration.bytes) }

    public func readConfiguration(at offset: Int, width: AccessWidth) -> UInt64 {
        configuration.read(at: offset, width: width)
    }

    public func writeConfiguration(_ value: UInt64, at offset: Int, width: AccessWidth) {
        configuration.write(value, at: offset, width: width)
    }

    public var decodedRanges: [PCIDecodedRange] { configuration.decodedRanges }
    public func read(bar: Int, at offset: UInt64, width: AccessWidth) -> UInt64 { width.mask }
    public func write(_ value: UInt64, bar: Int, at offset: UInt64, width: AccessWidth) {}
    public func reset() { configuration.reset() }
}
