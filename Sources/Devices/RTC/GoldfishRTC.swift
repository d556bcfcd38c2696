// A real-time clock with an alarm, in nanoseconds since 1970.
import MachineCore

/// The Goldfish real-time clock: 32-bit registers, times in nanoseconds since 1970-01-01 UTC.
///
/// The clock is that of the machine plus an offset, which a guest changes by setting the time.
/// Source: Android's "Goldfish Virtual Hardware" document, timer device, with the registers that its
/// real-time clock variant has in Linux (`timer-goldfish.h`).
public final class GoldfishRTC: Device, Snapshotting {
    /// The device tree's names for this device.
    public static let compatible = ["google,goldfish-rtc"]
    /// The size of the register window in bytes.
    public static let windowByteCount: UInt64 = 0x1000

    /// The live things that the clock works with.
    public struct Resources {
        /// Virtual time.
        public let context: DeviceContext
        /// The alarm's wire.
        public let interrupt: InterruptLine

        /// Connects a clock to time and to an interrupt controller.
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
        self.resources = resources
        self.state = state
        timer = resources.context.timers.makeTimer { [unowned self] in alarmIsDue() }
        armTimer()
        driveInterrupt()
    }

    /// Clears the alarm and the interrupt. The time stays: a clock has a battery.
    public func reset() {
        var fresh = State()
        fresh.timeOffset = state.timeOffset
        state = fresh
        armTimer()
        driveInterrupt()
    }

    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        guard width == .word, let register = Register(rawValue: offset) else { return 0 }
        switch register {
        case .timeLow:
            // Reading the low half holds the high half, so that the pair is of one moment.
            let now = time
            state.heldTimeHigh = UInt32(truncatingIfNeeded: now >> 32)
            return now & 0xffff_ffff
        case .timeHigh: return UInt64(state.heldTimeHigh)
        case .alarmLow: return state.alarm & 0xffff_ffff
        case .alarmHigh: return state.alarm >> 32
        case .interruptEnabled: return state.interruptIsEnabled ? 1 : 0
        case .alarmStatus: return state.alarmIsArmed ? 1 : 0
        case .clearAlarm, .clearInterrupt: return 0
        }
    }

    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard width == .word, let register = Register(rawValue: offset) else { return }
        switch register {
        case .timeLow: setTime(time.replacingLowHalf(with: value))
        case .timeHigh: setTime(time.replacingHighHalf(with: value))
        case .alarmLow:
            state.alarm = state.alarm.replacingLowHalf(with: value)
            state.alarmIsArmed = true
            alarmIsDue()
        case .alarmHigh:
            state.alarm = state.alarm.replacingHighHalf(with: value)
            armTimer()
        case .interruptEnabled: state.interruptIsEnabled = value & 1 != 0
        case .clearAlarm:
            state.alarmIsArmed = false
            armTimer()
        case .clearInterrupt: state.interruptIsPending = false
        case .alarmStatus: break
        }
        driveInterrupt()
    }
}

extension GoldfishRTC {
    private enum Register: UInt64 {
        case timeLow = 0x00
        case timeHigh = 0x04
        case alarmLow = 0x08
        case alarmHigh = 0x0c
        case interruptEnabled = 0x10
        case clearAlarm = 0x14
        case alarmStatus = 0x18
        case clearInterrupt = 0x1c
    }

    private var time: UInt64 { resources.context.clock.wallClock &+ state.timeOffset }

    private func setTime(_ time: UInt64) {
        state.timeOffset = time &- resources.context.clock.wallClock
        armTimer()
    }

    /// Raises the interrupt when the time has come, and sees to the timer when it has not.
    private func alarmIsDue() {
        if state.alarmIsArmed, time >= state.alarm {
            state.alarmIsArmed = false
            state.interruptIsPending = true
            driveInterrupt()
        }
        armTimer()
    }

    /// The timer is derived: armed exactly when the alarm is. An alarm that is due already fires when
    /// the machine next looks at its timers, never from here, so that restoring changes nothing.
    private func armTimer() {
        guard state.alarmIsArmed else {
            timer?.disarm()
            return
        }
        let now = time
        let wait = state.alarm > now ? state.alarm - now : 0
        let (deadline, overflows) = resources.context.clock.now.addingReportingOverflow(wait)
        if overflows {
            timer?.disarm()
        } else {
            timer?.arm(at: deadline)
        }
    }

    private func driveInterrupt() {
        resources.interrupt.set(state.interruptIsPending && state.interruptIsEnabled)
    }
}

extension UInt64 {
    fileprivate func replacingLowHalf(with value: UInt64) -> UInt64 {
        self & 0xffff_ffff_0000_0000 | value & 0xffff_ffff
    }

    fileprivate func replacingHighHalf(with value: UInt64) -> UInt64 {
        self & 0xffff_ffff | value << 32
    }
}
