// The two interrupt controllers of the PC: the second's output is input 2 of the first.
import MachineCore

/// A pair of 8259A interrupt controllers with their ELCR (Intel 8259A data sheet 231468; ELCR: ICH9 data sheet 316972,
/// section 13.4.12).
public final class InterruptController8259: InterruptSink, Snapshotting {
    /// How many wires the pair has; input 2 is taken.
    public static let inputCount = 16
    private static let cascade = 2

    /// Both controllers.
    public struct State: Codable, Equatable, Sendable {
        public var chips = [Chip(), Chip()]

        /// Controllers after power-on.
        public init() {}
    }

    /// Where the pair is connected to.
    public struct Resources {
        /// The wire to the CPU.
        public let output: InterruptLine

        /// Connects the pair.
        public init(output: InterruptLine) { self.output = output }
    }

    public static let stateVersion: StateVersion = 1
    public private(set) var state: State
    private let output: InterruptLine

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        guard state.chips.count == 2, state.chips.allSatisfy(\.isValid) else {
            throw StateError(part: "8259", reason: "a controller is missing, or has an illegal priority")
        }
        self.state = state
        output = resources.output
        update()
    }

    public func reset() {
        let levels = state.chips.map(\.levels)
        state = State()
        for index in 0..<2 { state.chips[index].levels = levels[index] }
        update()
    }

    // MARK: Wires

    public func setInput(_ input: Int, to level: Bool) {
        guard (0..<Self.inputCount).contains(input), input != Self.cascade else { return }
        state.chips[input / 8].setInput(input % 8, to: level)
        update()
    }

    /// Passes the second's request to the first, and the first's to the CPU.
    private func update() {
        state.chips[0].setInput(Self.cascade, to: state.chips[1].pendingInput != nil)
        output.set(state.chips[0].pendingInput != nil)
    }

    /// The CPU takes an interrupt; gives its vector. Without one it is spurious: input 7 (data sheet, "Interrupt
    /// Sequence").
    public func acknowledge() -> UInt8 {
        defer { update() }
        guard let input = state.chips[0].acknowledge() else { return state.chips[0].vector(7) }
        guard input == Self.cascade else { return state.chips[0].vector(input) }
        guard let second = state.chips[1].acknowledge() else { return state.chips[1].vector(7) }
        return state.chips[1].vector(second)
    }

    // MARK: Ports

    /// The two ports of controller `index` (0x20 or 0xa0).
    public func makePorts(of index: Int) -> any Device { Ports(self, index) }
    /// The ports that say which inputs are levels (0x4d0).
    public func makeTriggerPorts() -> any Device { TriggerPorts(self) }

    /// Two ports of one controller.
    private final class Ports: Device {
        private unowned let pair: InterruptController8259
        private let index: Int

        init(_ pair: InterruptController8259, _ index: Int) {
            self.pair = pair
            self.index = index
        }

        func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
            defer { pair.update() }
            return UInt64(pair.state.chips[index].read(at: offset))
        }

        func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
            pair.state.chips[index].write(UInt8(truncatingIfNeeded: value), at: offset)
            pair.update()
        }

        func reset() { pair.reset() }
    }

    /// ELCR1 and ELCR2.
    private final class TriggerPorts: Device {
        private unowned let pair: InterruptController8259

        init(_ pair: InterruptController8259) { self.pair = pair }

        func read(at offset: UInt64, width: AccessWidth) -> UInt64 { UInt64(pair.state.chips[Int(offset & 1)].elcr) }

        func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
            // The timer, the keyboard, the cascade, the clock and the coprocessor are always edges.
            let allowed: UInt8 = offset & 1 == 0 ? 0xf8 : 0xde
            pair.state.chips[Int(offset & 1)].elcr = UInt8(truncatingIfNeeded: value) & allowed
            pair.update()
        }

        func reset() {}
    }
}
