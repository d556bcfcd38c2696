// Configuration spaces through two ports, as all PCs have had it since PCI began.
import MachineCore

/// Configuration mechanism #1: CONFIG_ADDRESS at port 0xcf8 says which register is meant, CONFIG_DATA at
/// 0xcfc is that register (PCI Local Bus 3.0, 3.2.2.3.2). Byte accesses to port 0xcf9 are not
/// CONFIG_ADDRESS but the chipset's reset control.
public final class PCIConfigurationPorts: Device, Snapshotting {
    /// The first port.
    public static let firstPort: UInt64 = 0xcf8
    /// CONFIG_ADDRESS and CONFIG_DATA, 4 bytes each.
    public static let portCount: UInt64 = 8

    /// The live things that the ports work with.
    public struct Resources {
        /// The bus behind the ports.
        public let host: PCIHost
        /// What byte accesses to port 0xcf9 reach.
        public let resetControl: any Device

        /// Connects the ports.
        public init(host: PCIHost, resetControl: any Device) {
            self.host = host
            self.resetControl = resetControl
        }
    }

    /// The one register.
    public struct State: Codable, Equatable, Sendable {
        /// CONFIG_ADDRESS: bit 31 enables, 23:16 are the bus, 15:11 the device, 10:8 the function, 7:2 the
        /// register; the others are 0.
        public var address: UInt32 = 0

        /// The state after power-on.
        public init() {}
    }

    private static let writable: UInt32 = 0x80ff_fffc
    private static let enable: UInt32 = 1 << 31
    private static let data: UInt64 = 4
    private static let resetControlOffset: UInt64 = 1

    public static let stateVersion: StateVersion = 1
    public private(set) var state: State
    private let resources: Resources

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        guard state.address & ~Self.writable == 0 else {
            throw StateError(part: "CONFIG_ADDRESS", reason: "it has bits that the register does not have")
        }
        self.resources = resources
        self.state = state
    }

    public func reset() { state = State() }

    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        switch (offset, width) {
        case (0, .word): return UInt64(state.address)
        case (Self.resetControlOffset, .byte): return resources.resetControl.read(at: 0, width: .byte)
        default: break
        }
        guard let (function, register) = target(offset, width) else { return width.mask }
        return resources.host.readConfiguration(of: function, at: register, width: width) ?? width.mask
    }

    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        switch (offset, width) {
        case (0, .word): state.address = UInt32(truncatingIfNeeded: value) & Self.writable
        case (Self.resetControlOffset, .byte): resources.resetControl.write(value, at: 0, width: .byte)
        default:
            guard let (function, register) = target(offset, width) else { return }
            resources.host.writeConfiguration(value, of: function, at: register, width: width)
        }
    }

    /// Which register of which function an access to CONFIG_DATA means; nil for other buses, while the
    /// mechanism is off, and for accesses that are not aligned.
    private func target(_ offset: UInt64, _ width: AccessWidth) -> (function: Int, register: Int)? {
        let byte = offset &- Self.data
        guard byte < 4, width != .double, byte & (width.byteCount - 1) == 0,
            state.address & Self.enable != 0, (state.address >> 16) & 0xff == 0
        else { return nil }
        return (Int((state.address >> 8) & 0xff), Int(state.address & 0xfc) + Int(byte))
    }
}
