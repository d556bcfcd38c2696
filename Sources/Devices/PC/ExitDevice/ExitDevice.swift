// The port with which a test program ends its machine and gives its verdict.
import MachineCore

/// A port that switches the machine off with the status that is written to it: 0 says success.
///
/// Published PC test programs write their result to port 0xf4, 8 to 32 bits wide, where QEMU's
/// `isa-debug-exit` is; that device turns a value v into the exit status 2 v + 1, which leaves no value for
/// success, so here it stays as it is.
public final class ExitDevice: Device, Snapshotting {
    /// Where test programs expect the port.
    public static let firstPort: UInt64 = 0xf4
    /// The size of the window in bytes.
    public static let portCount: UInt64 = 4

    /// The live things that the port works with.
    public struct Resources {
        /// Takes the guest's request. Held strongly: give it a small object of the machine, not the
        /// machine that owns this device.
        public let control: any MachineControl

        /// Connects the port to its machine.
        public init(control: any MachineControl) { self.control = control }
    }

    /// Nothing: what the port asks for is the machine's matter.
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
    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 { 0 }

    /// Values above 65535 count as 65535, so that no failure becomes a success.
    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard offset == 0, width != .double else { return }
        resources.control.request(.powerOff(status: UInt16(clamping: value & width.mask)))
    }
}
