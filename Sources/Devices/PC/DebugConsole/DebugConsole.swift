// A port to which firmware and tests write text for people.
import MachineCore

/// One port for text, without any of the waiting that a serial line needs. SeaBIOS writes its log to port
/// 0x402, after reading there what shows that somebody listens; tests made for Bochs use port 0xe9.
///
/// Source: the Bochs user manual, section "The port 0xe9 hack": a read gives 0xe9.
public final class DebugConsole: Device, Snapshotting {
    /// Where SeaBIOS expects the port.
    public static let firmwarePort: UInt64 = 0x402
    /// Where Bochs has it.
    public static let bochsPort: UInt64 = 0xe9
    /// What a read gives.
    public static let signature: UInt64 = 0xe9

    /// The live things that the port works with.
    public struct Resources {
        /// Takes each byte of text; bounding what becomes of it is the taker's duty.
        public let output: (UInt8) -> Void

        /// Connects the port to a reader.
        public init(output: @escaping (UInt8) -> Void) { self.output = output }
    }

    /// Nothing: text leaves at once.
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

    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        offset == 0 && width == .byte ? Self.signature : 0
    }

    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard offset == 0, width == .byte else { return }
        resources.output(UInt8(truncatingIfNeeded: value))
    }
}
