// The PC's clock and the memory that keeps its settings while the power is off.
import MachineCore

/// An MC146818 real-time clock with 128 bytes of memory (Motorola data sheet MC146818; ICH9 data sheet 316972, section
/// 13.6). Ports: 0 selects a byte, 1 reads or writes it.
public final class ClockCMOS: Device, Snapshotting {
    /// The clock's registers and memory.
    public struct State: Codable, Equatable, Sendable {
        public var selected: UInt8 = 0
        /// Bytes 0 to 127; those of the time are what was written last, and the time itself is in `offset`.
        public var bytes: [UInt8]
        /// Seconds that the clock is ahead of the machine's calendar.
        public var offset: Int64 = 0
        /// While the guest holds the clock, the seconds that it shows.
        public var heldSeconds: Int64?
        /// The virtual second, and the periodic tick, that interrupts were last looked at.
        public var lastSecond: UInt64 = 0
        public var lastTick: UInt64 = 0

        /// A clock after power-on.
        /// - Parameter memory: bytes by number, as firmware expects to find them.
        public init(memory: [UInt8: UInt8] = [:]) {
            bytes = Array(repeating: 0, count: 128)
            bytes[Register.a] = 0x26
            // 24 hours, in decimal.
            bytes[Register.b] = 0x02
            bytes[Register.d] = 0x80
            for (number, value) in memory where number >= 14 && number < 128 { bytes[Int(number)] = value }
        }
    }

    /// The live things that the clock works with.
    public struct Resources {
        public let context: DeviceContext
        public let interrupt: InterruptLine

        /// Connects the clock.
        public init(context: DeviceContext, interrupt: InterruptLine) {
            self.context = context
            self.interrupt = interrupt
        }
    }

    /// Where software finds the century.
    public static let centuryByte = Register.century

    enum Register {
        static let seconds = 0
        static let secondsAlarm = 1
        static let minutes = 2
        static let minutesAlarm = 3
        static let hours = 4
        static let hoursAlarm = 5
        static let weekday = 6
        static let day = 7
        static let month = 8
        static let year = 9
        static let a = 10
        static let b = 11
        static let c = 12
        static let d = 13
        static let century = 0x32
    }

    /// Bits of register B, and in the same places of C.
    enum Control {
        static let isHeld: UInt8 = 0x80
        static let periodic: UInt8 = 0x40
        static let alarm: UInt8 = 0x20
        static let update: UInt8 = 0x10
        static let isBinary: UInt8 = 4
        static let has24Hours: UInt8 = 2
        static let request: UInt8 = 0x80
        static let interrupts = periodic | alarm | update
    }

    public static let stateVersion: StateVersion = 1
    public internal(set) var state: State
    let resources: Resources
    private var timer: VirtualTimer?

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        guard state.bytes.count == 128 else { throw StateError(part: "CMOS", reason: "it has 128 bytes") }
        self.resources = resources
        self.state = state
        timer = resources.context.timers.makeTimer { [unowned self] in look() }
        driveLine()
        armTimer()
    }

    /// A reset keeps memory and time, but switches interrupts off.
    public func reset() {
        state.bytes[Register.b] &= ~Control.interrupts
        state.bytes[Register.c] = 0
        state.selected = 0
        driveLine()
        armTimer()
    }

    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        guard offset & 1 != 0 else { return 0xff }
        return UInt64(readByte(Int(state.selected)))
    }

    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        let byte = UInt8(truncatingIfNeeded: value)
        // The top bit of the first port switches the NMI, which nothing here raises.
        if offset & 1 == 0 { state.selected = byte & 0x7f } else { writeByte(Int(state.selected), byte) }
    }

    private func readByte(_ number: Int) -> UInt8 {
        switch number {
        case Register.seconds, Register.minutes, Register.hours...Register.hours,
            Register.weekday...Register.year, Register.century:
            return calendarByte(number)
        case Register.a: return state.bytes[number] & 0x7f | (isUpdating ? 0x80 : 0)
        case Register.c:
            look()
            defer {
                state.bytes[Register.c] = 0
                driveLine()
            }
            return state.bytes[Register.c]
        default: return state.bytes[number]
        }
    }

    private func writeByte(_ number: Int, _ value: UInt8) {
        switch number {
        case Register.c, Register.d: return
        case Register.seconds, Register.minutes, Register.hours, Register.weekday...Register.year, Register.century:
            setCalendarByte(number, value)
        case Register.a: state.bytes[number] = value & 0x7f
        case Register.b: setControl(value)
        default: state.bytes[number] = value
        }
        if number == Register.a || number == Register.b { armTimer() }
    }

    private func setControl(_ value: UInt8) {
        let wasHeld = state.bytes[Register.b] & Control.isHeld != 0
        let isHeld = value & Control.isHeld != 0
        if isHeld && !wasHeld { state.heldSeconds = shownSeconds }
        if !isHeld && wasHeld, let held = state.heldSeconds {
            state.offset = held &- machineSeconds
            state.heldSeconds = nil
        }
        look()
        state.bytes[Register.b] = value
        driveLine()
    }

    // MARK: Interrupts

    /// Notes what became due since the last look.
    private func look() {
        let now = resources.context.clock.now
        let second = resources.context.clock.wallClock / 1_000_000_000
        if second != state.lastSecond {
            state.lastSecond = second
            if state.heldSeconds == nil {
                state.bytes[Register.c] |= Control.update
                if isAlarm { state.bytes[Register.c] |= Control.alarm }
            }
        }
        if let period = periodicNanoseconds {
            let tick = now / period
            if tick != state.lastTick { state.bytes[Register.c] |= Control.periodic }
            state.lastTick = tick
        }
        driveLine()
        armTimer()
    }

    private func driveLine() {
        let pending = state.bytes[Register.c] & state.bytes[Register.b] & Control.interrupts != 0
        if pending {
            state.bytes[Register.c] |= Control.request
        } else {
            state.bytes[Register.c] &= ~Control.request
        }
        resources.interrupt.set(pending)
    }

    /// The nanoseconds between periodic interrupts: 2^(rate - 1) counts of 32768 Hz (data sheet, table 5).
    private var periodicNanoseconds: UInt64? {
        let rate = UInt64(state.bytes[Register.a] & 15)
        guard rate != 0 else { return nil }
        let shift = rate < 3 ? rate + 6 : rate - 1
        return (1 << shift) * 1_000_000_000 / 32768
    }

    private func armTimer() {
        let enabled = state.bytes[Register.b]
        // While a request waits, another one says nothing new.
        guard enabled & Control.interrupts != 0, state.bytes[Register.c] & Control.request == 0 else {
            timer?.disarm()
            return
        }
        let clock = resources.context.clock
        let now = clock.now
        var next = now &+ (1_000_000_000 - clock.wallClock % 1_000_000_000)
        if enabled & Control.periodic != 0, let period = periodicNanoseconds {
            next = min(next, (now / period &+ 1) &* period)
        }
        timer?.arm(at: next)
    }
}
