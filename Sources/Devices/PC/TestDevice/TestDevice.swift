// The device that published CPU test suites for PCs expect beside the exit port.
import MachineCore

/// Ports with no use but in tests: one that keeps what is written, and one for each interrupt wire.
///
/// Source: the tests of kvm-unit-tests for x86, and QEMU's `pc-testdev`, which has the same ports. Port
/// 0xe4, which makes a host page vanish there, takes writes without effect: there is no such page here.
public final class TestDevice: Snapshotting {
    /// The first of four ports that keep what is written.
    public static let scratchPort: UInt64 = 0xe0
    /// The ports of `makeScratchPorts`: four that keep, and four without effect.
    public static let scratchPortCount: UInt64 = 8
    /// The first of the ports that drive interrupt wires.
    public static let interruptPort: UInt64 = 0x2000
    /// A port for each wire.
    public static let interruptPortCount: UInt64 = 24

    /// The live things that the device works with.
    public struct Resources {
        /// Interrupt wires 0 to 23, as the I/O APIC counts them.
        public let interrupts: [InterruptLine]

        /// Connects the device.
        /// - Precondition: 24 wires.
        public init(interrupts: [InterruptLine]) {
            precondition(interrupts.count == Int(TestDevice.interruptPortCount))
            self.interrupts = interrupts
        }
    }

    /// What was written.
    public struct State: Codable, Equatable, Sendable {
        /// Ports 0xe0 to 0xe3, the lowest first.
        public var scratch: UInt32 = 0
        /// The levels of the wires, by bit.
        public var levels: UInt32 = 0

        /// The state after power-on.
        public init() {}
    }

    public static let stateVersion: StateVersion = 1
    public fileprivate(set) var state: State
    private let resources: Resources

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        guard state.levels >> UInt32(Self.interruptPortCount) == 0 else {
            throw StateError(part: "the test device", reason: "it drives wires that do not exist")
        }
        self.resources = resources
        self.state = state
        for (index, line) in resources.interrupts.enumerated() where state.levels >> UInt32(index) & 1 != 0 {
            line.set(true)
        }
    }

    /// Power-on; wires that are asserted fall.
    public func reset() {
        for index in resources.interrupts.indices { drive(index, to: false) }
        state = State()
    }

    /// The device at `scratchPort`.
    public func makeScratchPorts() -> any Device { ScratchPorts(owner: self) }
    /// The device at `interruptPort`.
    public func makeInterruptPorts() -> any Device { InterruptPorts(owner: self) }

    /// Wires that the device does not assert may be others' to drive, so only changes are passed on.
    fileprivate func drive(_ index: Int, to level: Bool) {
        let bit: UInt32 = 1 << UInt32(index)
        guard (state.levels & bit != 0) != level else { return }
        state.levels ^= bit
        resources.interrupts[index].set(level)
    }
}

/// Ports 0xe0 to 0xe7.
private final class ScratchPorts: Device {
    private unowned let owner: TestDevice

    init(owner: TestDevice) { self.owner = owner }

    func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        guard offset < 4, offset + width.byteCount <= 4 else { return 0 }
        return UInt64(owner.state.scratch) >> (8 * offset) & width.mask
    }

    func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard offset < 4, offset + width.byteCount <= 4 else { return }
        let mask = width.mask << (8 * offset)
        let scratch = UInt64(owner.state.scratch) & ~mask | value << (8 * offset) & mask
        owner.state.scratch = UInt32(truncatingIfNeeded: scratch)
    }

    /// Nothing to do: the registers are the owner's.
    func reset() {}
}

/// Ports 0x2000 to 0x2017: what is written is the level of a wire.
private final class InterruptPorts: Device {
    private unowned let owner: TestDevice

    init(owner: TestDevice) { self.owner = owner }

    func read(at offset: UInt64, width: AccessWidth) -> UInt64 { 0 }

    func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard offset < TestDevice.interruptPortCount, width != .double else { return }
        owner.drive(Int(offset), to: value & width.mask != 0)
    }

    /// Nothing to do: the registers are the owner's.
    func reset() {}
}
