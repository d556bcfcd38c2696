// The programmable interval timer: three counters, the first of which interrupts, and the speaker's port.
import MachineCore

/// An 8254 interval timer (Intel data sheet 231164) with port 0x61, which controls the third counter's gate and shows
/// its output (ICH9 data sheet 316972, section 13.7.1).
public final class Timer8254: Device, Snapshotting {
    /// Counts per second.
    public static let frequency: UInt64 = 1_193_182

    /// The three counters and the port.
    public struct State: Codable, Equatable, Sendable {
        public var counters = [Counter(), Counter(), Counter()]
        /// The low two bits of port 0x61: the gate of counter 2, and the speaker's data.
        public var speaker: UInt8 = 0
        /// The refresh bit of port 0x61, which changes with each read.
        public var refresh = false

        /// A timer after power-on.
        public init() {}
    }

    /// The live things that the timer works with.
    public struct Resources {
        public let context: DeviceContext
        /// The output of counter 0.
        public let interrupt: InterruptLine

        /// Connects the timer.
        public init(context: DeviceContext, interrupt: InterruptLine) {
            self.context = context
            self.interrupt = interrupt
        }
    }

    public static let stateVersion: StateVersion = 1
    public private(set) var state: State
    private let resources: Resources
    private var timer: VirtualTimer?

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        guard state.counters.count == 3, state.counters.allSatisfy(\.isValid), state.speaker < 4 else {
            throw StateError(part: "8254", reason: "a counter is missing or has an unknown mode")
        }
        self.resources = resources
        self.state = state
        timer = resources.context.timers.makeTimer { [unowned self] in driveOutput() }
        driveOutput()
    }

    public func reset() {
        state = State()
        driveOutput()
    }

    /// Counts of the 1.19 MHz clock since virtual time 0.
    private var ticks: UInt64 { Self.ticks(at: resources.context.clock.now) }

    static func ticks(at nanoseconds: UInt64) -> UInt64 {
        let product = nanoseconds.multipliedFullWidth(by: frequency)
        return product.high < 1_000_000_000 ? UInt64(1_000_000_000).dividingFullWidth(product).quotient : .max
    }

    /// The first nanosecond of a count.
    private static func nanoseconds(at tick: UInt64) -> UInt64? {
        let product = tick.multipliedFullWidth(by: 1_000_000_000)
        guard product.high < frequency else { return nil }
        let (quotient, remainder) = frequency.dividingFullWidth(product)
        return remainder == 0 ? quotient : quotient + 1
    }

    /// Brings the wire to the level of counter 0's output, and sets the timer for its next change.
    private func driveOutput() {
        let now = ticks
        let counter = state.counters[0]
        resources.interrupt.set(counter.output(at: now))
        guard let change = counter.nextChange(after: now), let deadline = Self.nanoseconds(at: change) else {
            timer?.disarm()
            return
        }
        timer?.arm(at: deadline)
    }

    // MARK: Ports 0x40 to 0x43

    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        guard offset < 3 else { return 0 }
        return UInt64(state.counters[Int(offset)].read(at: ticks))
    }

    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        let byte = UInt8(truncatingIfNeeded: value)
        if offset == 3 {
            command(byte)
        } else if offset < 3 {
            let index = Int(offset)
            state.counters[index].write(byte, at: ticks, gate: index < 2 || state.speaker & 1 != 0)
        }
        driveOutput()
    }

    /// The control word: a counter's mode, or the read-back command (data sheet, "Programming the 8254").
    private func command(_ value: UInt8) {
        let index = Int(value >> 6)
        guard index == 3 else {
            let gate = index < 2 || state.speaker & 1 != 0
            return state.counters[index].control(value, at: ticks, gate: gate)
        }
        for number in 0..<3 where value >> UInt8(number + 1) & 1 != 0 {
            if value & 0x20 == 0 { state.counters[number].latchCount(at: ticks) }
            if value & 0x10 == 0 { state.counters[number].latchStatus(at: ticks) }
        }
    }

    // MARK: Port 0x61

    /// The port that switches counter 2 and shows its output.
    public func makeSpeakerPort() -> any Device { SpeakerPort(self) }

    private final class SpeakerPort: Device {
        private unowned let timer: Timer8254

        init(_ timer: Timer8254) { self.timer = timer }

        func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
            timer.state.refresh.toggle()
            let output = timer.state.counters[2].output(at: timer.ticks)
            return UInt64(timer.state.speaker) | (timer.state.refresh ? 0x10 : 0) | (output ? 0x20 : 0)
        }

        func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
            let new = UInt8(truncatingIfNeeded: value) & 3
            let isRising = new & 1 != 0 && timer.state.speaker & 1 == 0
            let isFalling = new & 1 == 0 && timer.state.speaker & 1 != 0
            timer.state.speaker = new
            if isRising { timer.state.counters[2].gateRises(at: timer.ticks) }
            if isFalling { timer.state.counters[2].gateFalls(at: timer.ticks) }
        }

        func reset() {}
    }
}
