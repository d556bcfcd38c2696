// Machine-level software interrupts and timers of all harts, in the layout of the SiFive CLINT.
import MachineCore

/// The MSWI and MTIMER devices of the RISC-V ACLINT, next to each other as in a SiFive CLINT.
///
/// `mtime` counts virtual time. A guest may write it, so the count is virtual time plus an offset
/// that is part of the state; whoever shows `time` to the harts adds the same offset.
/// Source: RISC-V Advanced Core Local Interruptor Specification 1.0-rc4, sections 1.1 (layout), 2
/// (MTIMER) and 3 (MSWI).
public final class ACLINT: Device, Snapshotting {
    /// The device tree's names for this device.
    public static let compatible = ["sifive,clint0", "riscv,clint0"]
    /// The size of the register window in bytes.
    public static let windowByteCount: UInt64 = 0x1_0000
    /// The most harts that the memory map has room for.
    public static let maximumHartCount = 4095

    /// The live things that an ACLINT works with.
    public struct Resources {
        /// Virtual time.
        public let context: DeviceContext
        /// The machine software interrupt wire of each hart.
        public let softwareLines: [InterruptLine]
        /// The machine timer interrupt wire of each hart, as many as software lines.
        public let timerLines: [InterruptLine]
        /// Virtual nanoseconds for each count of `mtime`: 100 is 10 MHz.
        public let nanosecondsPerTick: UInt64
        /// Called after `mtime` jumped, because a guest wrote it or the device was reset.
        public let timeChanged: () -> Void

        /// Connects an ACLINT to its harts.
        /// - Precondition: `nanosecondsPerTick` is not 0, and the lines are equally many; both are
        ///   constants of a board.
        public init(
            context: DeviceContext, softwareLines: [InterruptLine], timerLines: [InterruptLine],
            nanosecondsPerTick: UInt64 = 100, timeChanged: @escaping () -> Void = {}
        ) {
            precondition(nanosecondsPerTick > 0 && softwareLines.count == timerLines.count)
            self.context = context
            self.softwareLines = softwareLines
            self.timerLines = timerLines
            self.nanosecondsPerTick = nanosecondsPerTick
            self.timeChanged = timeChanged
        }
    }

    public static let stateVersion: StateVersion = 1
    public private(set) var state: State
    private let resources: Resources
    private var timer: VirtualTimer?

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        try state.validate(hartCount: resources.timerLines.count)
        self.resources = resources
        self.state = state
        timer = resources.context.timers.makeTimer { [unowned self] in driveTimers() }
        driveSoftwareInterrupts()
        driveTimers()
    }

    /// Section 2.1: a reset sets `mtime` to 0. Virtual time goes on, so the offset makes up for it.
    public func reset() {
        state = State(hartCount: state.timeCompare.count)
        state.timeOffset = 0 &- ticks
        driveSoftwareInterrupts()
        driveTimers()
        resources.timeChanged()
    }

    /// The value of `mtime` now; the harts' `time` CSR shows the same.
    public var time: UInt64 { ticks &+ state.timeOffset }

    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        if let hart = softwareHart(at: offset, width: width) {
            return state.softwareInterrupts[hart] ? 1 : 0
        }
        guard let (register, part) = timerRegister(at: offset, width: width) else { return 0 }
        return part.extract(from: value(of: register))
    }

    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        if let hart = softwareHart(at: offset, width: width) {
            state.softwareInterrupts[hart] = value & 1 != 0
            resources.softwareLines[hart].set(state.softwareInterrupts[hart])
            return
        }
        guard let (register, part) = timerRegister(at: offset, width: width) else { return }
        let whole = part.insert(value, into: self.value(of: register))
        switch register {
        case .time: state.timeOffset = whole &- ticks
        case .compare(let hart): state.timeCompare[hart] = whole
        }
        driveTimers()
        if case .time = register { resources.timeChanged() }
    }
}

extension ACLINT {
    private enum Layout {
        static let timeCompareBase: UInt64 = 0x4000
        static let time: UInt64 = 0xbff8
    }

    private enum TimerRegister {
        case time
        case compare(hart: Int)
    }

    /// The bits of a 64-bit register that one access covers: all, the low or the high 32.
    private struct RegisterPart {
        let shift: UInt64
        let mask: UInt64

        func extract(from whole: UInt64) -> UInt64 { whole >> shift & mask }

        func insert(_ value: UInt64, into whole: UInt64) -> UInt64 {
            whole & ~(mask << shift) | (value & mask) << shift
        }
    }

    /// The hart whose MSIP register is at `offset`; those are 32 bits wide (section 3.2).
    private func softwareHart(at offset: UInt64, width: AccessWidth) -> Int? {
        guard width == .word, offset & 3 == 0, offset < Layout.timeCompareBase,
            offset / 4 < UInt64(state.softwareInterrupts.count)
        else { return nil }
        return Int(offset / 4)
    }

    /// The timer register at `offset`, in one piece or as one of two halves (section 2.1).
    private func timerRegister(at offset: UInt64, width: AccessWidth) -> (TimerRegister, RegisterPart)? {
        guard width == .word || width == .double, offset & (width.byteCount - 1) == 0,
            offset >= Layout.timeCompareBase
        else { return nil }
        let part = RegisterPart(shift: (offset & 4) * 8, mask: width.mask)
        if offset & ~7 == Layout.time { return (.time, part) }
        let hart = (offset - Layout.timeCompareBase) / 8
        return hart < UInt64(state.timeCompare.count) ? (.compare(hart: Int(hart)), part) : nil
    }

    private func value(of register: TimerRegister) -> UInt64 {
        switch register {
        case .time: return time
        case .compare(let hart): return state.timeCompare[hart]
        }
    }

    private var ticks: UInt64 { resources.context.clock.now / resources.nanosecondsPerTick }

    private func driveSoftwareInterrupts() {
        for (line, level) in zip(resources.softwareLines, state.softwareInterrupts) { line.set(level) }
    }

    /// A hart's timer interrupt is due while `mtime` is at or past its `mtimecmp` (section 2.2). The
    /// timer is set for the next one that becomes due.
    private func driveTimers() {
        let now = resources.context.clock.now / resources.nanosecondsPerTick
        let time = now &+ state.timeOffset
        var nearest: UInt64?
        for (line, compare) in zip(resources.timerLines, state.timeCompare) {
            line.set(time >= compare)
            if compare > time { nearest = min(nearest ?? .max, compare - time) }
        }
        guard let nearest, let deadline = deadline(inTicks: nearest, from: now) else {
            timer?.disarm()
            return
        }
        timer?.arm(at: deadline)
    }

    /// Virtual nanoseconds when `count` more ticks have passed, or nil if that is centuries away.
    private func deadline(inTicks count: UInt64, from now: UInt64) -> UInt64? {
        let (tick, overflows) = now.addingReportingOverflow(count)
        let (nanoseconds, alsoOverflows) = tick.multipliedReportingOverflow(by: resources.nanosecondsPerTick)
        return overflows || alsoOverflows ? nil : nanoseconds
    }
}
