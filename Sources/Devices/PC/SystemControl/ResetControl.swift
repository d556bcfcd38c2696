// The chipset's reset control register.
import MachineCore

/// Port 0xcf9, with which operating systems reset a PC. The port lies inside CONFIG_ADDRESS of PCI
/// (0xcf8 to 0xcfb), which takes only 32-bit accesses: `PCIConfigurationPorts` passes byte accesses on.
///
/// Source: Intel ICH9 data sheet (316972), section 13.7.5 "RST_CNT: Reset Control Register".
public final class ResetControl: Device, Snapshotting {
    /// Where the port is.
    public static let port: UInt64 = 0xcf9

    /// The live things that the register works with.
    public struct Resources {
        /// Takes the guest's wish for a reset. Held strongly: give it a small object of the machine.
        public let control: any MachineControl

        /// Connects the register to its machine.
        public init(control: any MachineControl) { self.control = control }
    }

    /// The register.
    public struct State: Codable, Equatable, Sendable {
        /// Bit 1 is SYS_RST, bit 2 RST_CPU, bit 3 FULL_RST; the others are 0.
        public var value: UInt8 = 0

        /// The state after power-on.
        public init() {}
    }

    private static let resetCPU: UInt8 = 1 << 2
    private static let all: UInt8 = 0b1110

    public static let stateVersion: StateVersion = 1
    public private(set) var state: State
    private let resources: Resources

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        guard state.value & ~Self.all == 0 else {
            throw StateError(part: "port 0xcf9", reason: "it has bits that the device does not have")
        }
        self.resources = resources
        self.state = state
    }

    public func reset() { state = State() }

    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        offset == 0 && width == .byte ? UInt64(state.value) : 0
    }

    /// Whatever kind of reset the other bits ask for, it happens when RST_CPU rises, and is the machine's.
    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard offset == 0, width == .byte else { return }
        let new = UInt8(truncatingIfNeeded: value) & Self.all
        let rises = new & ~state.value & Self.resetCPU != 0
        state.value = new
        if rises { resources.control.request(.reset) }
    }
}
