// The register with which a guest switches its machine off or resets it.
import MachineCore

/// A SiFive test finisher: one write-only 32-bit register. Linux uses it through its syscon drivers.
///
/// Source: SiFive's test finisher (`sifive,test0`, and `sifive,test1` with reset): the low 16 bits
/// of a write are the command, the high 16 bits a status.
public final class PowerControl: Device, Snapshotting {
    /// The device tree's names for this device.
    public static let compatible = ["sifive,test1", "sifive,test0", "syscon"]
    /// The size of the register window in bytes.
    public static let windowByteCount: UInt64 = 0x1000
    /// The value that switches the machine off with success; for the device tree's `syscon-poweroff`.
    public static let powerOffValue: UInt32 = 0x5555
    /// The value that resets the machine; for the device tree's `syscon-reboot`.
    public static let resetValue: UInt32 = 0x7777
    /// The low half of a value that switches the machine off with the status in the high half.
    public static let failCommand: UInt16 = 0x3333

    /// The live things that the device works with.
    public struct Resources {
        /// Takes the guest's requests. Held strongly: give it a small object of the machine, not the
        /// machine that owns this device.
        public let control: any MachineControl

        /// Connects the device to its machine.
        public init(control: any MachineControl) {
            self.control = control
        }
    }

    /// Nothing: the register can not be read back, and what it asks for is the machine's matter.
    public struct State: Codable, Equatable, Sendable {
        /// The only state.
        public init() {}
    }

    public static let stateVersion: StateVersion = 1
    public let state: State
    private let resources: Resources

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        self.resources = resources
        self.state = state
    }

    public func reset() {}

    /// Reads 0: a syscon driver reads before it writes, and changes only the bits it wants.
    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 { 0 }

    /// Commands other than the three are ignored, as are writes too narrow to hold one.
    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard offset == 0, width == .half || width == .word else { return }
        let status = UInt16(truncatingIfNeeded: value >> 16)
        switch UInt16(truncatingIfNeeded: value) {
        case UInt16(Self.powerOffValue): resources.control.request(.powerOff(status: 0))
        case UInt16(Self.resetValue): resources.control.request(.reset)
        case Self.failCommand: resources.control.request(.powerOff(status: status))
        default: break
        }
    }
}
