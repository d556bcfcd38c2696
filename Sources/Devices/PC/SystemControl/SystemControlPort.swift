// System control port A: fast reset and the A20 gate.
import MachineCore

/// Port 0x92 of a PC: a faster way to the two lines that the keyboard controller has as well.
///
/// Source: Intel ICH9 data sheet (316972), section 13.7.3 "PORT92: Fast A20 and Init Register".
public final class SystemControlPort: Device, Snapshotting {
    /// Where the port is.
    public static let port: UInt64 = 0x92

    /// The live things that the port works with.
    public struct Resources {
        /// The A20 gate.
        public let addressLine20: InterruptLine
        /// Takes the guest's wish for a reset. Held strongly: give it a small object of the machine.
        public let control: any MachineControl

        /// Connects the port.
        public init(addressLine20: InterruptLine, control: any MachineControl) {
            self.addressLine20 = addressLine20
            self.control = control
        }
    }

    /// The register.
    public struct State: Codable, Equatable, Sendable {
        /// Bit 0 is INIT_NOW, bit 1 ALT_A20_GATE; the others are 0.
        public var value: UInt8 = 0

        /// The state after power-on.
        public init() {}
    }

    private static let initialize: UInt8 = 1 << 0
    private static let openGate: UInt8 = 1 << 1

    public static let stateVersion: StateVersion = 1
    public private(set) var state: State
    private let resources: Resources

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        guard state.value & ~(Self.initialize | Self.openGate) == 0 else {
            throw StateError(part: "port 0x92", reason: "it has bits that the device does not have")
        }
        self.resources = resources
        self.state = state
        driveGate()
    }

    public func reset() {
        state = State()
        driveGate()
    }

    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        offset == 0 && width == .byte ? UInt64(state.value) : 0
    }

    /// A reset is asked for when INIT_NOW rises.
    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard offset == 0, width == .byte else { return }
        let new = UInt8(truncatingIfNeeded: value) & (Self.initialize | Self.openGate)
        let rises = new & ~state.value & Self.initialize != 0
        state.value = new
        driveGate()
        if rises { resources.control.request(.reset) }
    }

    private func driveGate() {
        resources.addressLine20.set(state.value & Self.openGate != 0)
    }
}
