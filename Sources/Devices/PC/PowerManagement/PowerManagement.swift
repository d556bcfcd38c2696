// ACPI power management of the PC: power-off, events, the PM timer.
import MachineCore

/// The fixed ACPI hardware of the chipset: 128 ports at PMBASE, and the two ports with which an operating
/// system takes over from firmware.
///
/// There is no system management mode. What its code would do on a write to the command port, the device
/// does: it sets or clears SCI_EN. SMI_EN reads as if firmware had set that up already, which is how firmware
/// for virtual machines knows that it need not.
///
/// Source: Intel ICH9 data sheet (316972), section 13.8.3 "Power Management I/O Registers"; ACPI 6.3,
/// chapter 4.8.
public final class PowerManagement: Device, Snapshotting {
    /// The number of ports from PMBASE on.
    public static let portCount: UInt64 = 128
    /// Where SeaBIOS puts the ports when the machine hands it ACPI tables (`etc/table-loader`).
    public static let firmwareBase: UInt16 = 0x600
    /// Where SeaBIOS puts the ports when it makes tables of its own.
    public static let firmwareBaseWithoutTables: UInt16 = 0xb000
    /// The first of the two ports of advanced power management (13.7.1): command and status.
    public static let commandPort: UInt64 = 0xb2
    /// What an operating system writes to the command port to take over (FADT ACPI_ENABLE).
    public static let enableCommand: UInt8 = 2
    /// What it writes to give back (FADT ACPI_DISABLE).
    public static let disableCommand: UInt8 = 3
    /// The sleep type of soft-off, for `\_S5` (13.8.3.3). SeaBIOS writes 0 instead, which works as well.
    public static let softOffSleepType: UInt8 = 7
    /// The rate of the PM timer in Hz (ACPI 6.3, 4.8.3.3).
    public static let timerFrequency: UInt64 = 3_579_545

    /// The live things that power management works with.
    public struct Resources {
        /// Virtual time.
        public let context: DeviceContext
        /// The system control interrupt.
        public let interrupt: InterruptLine
        /// Takes the guest's wish to be switched off. Held strongly: give it a small object of the machine.
        public let control: any MachineControl

        /// Connects power management.
        public init(context: DeviceContext, interrupt: InterruptLine, control: any MachineControl) {
            self.context = context
            self.interrupt = interrupt
            self.control = control
        }
    }

    public static let stateVersion: StateVersion = 1
    public internal(set) var state: State
    let resources: Resources
    private var timer: VirtualTimer?

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        try state.validate()
        self.resources = resources
        self.state = state
        timer = resources.context.timers.makeTimer { [unowned self] in
            noteOverflow()
            update()
        }
        update()
    }

    /// Everything but the PM timer, which counts as long as the machine has power.
    public func reset() {
        state = State()
        state.timerHalf = timerHalf
        update()
    }

    /// The power button was pressed: operating systems shut down.
    public func pressPowerButton() {
        state.status |= Status.powerButton
        update()
    }

    /// General purpose event `number` (0 to 63) happened, for instance hot plug.
    public func raise(generalPurposeEvent number: Int) {
        guard (0..<64).contains(number) else { return }
        state.eventStatus |= 1 << UInt64(number)
        update()
    }

    /// A register is part of a 32-bit word; an access stays inside one.
    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        let byte = offset & 3
        guard byte + width.byteCount <= 4 else { return 0 }
        return UInt64(readWord(offset &- byte)) >> (8 * byte) & width.mask
    }

    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        let byte = offset & 3
        guard byte + width.byteCount <= 4 else { return }
        let mask = UInt32(truncatingIfNeeded: width.mask << (8 * byte))
        writeWord(UInt32(truncatingIfNeeded: value << (8 * byte)) & mask, mask, at: offset &- byte)
        update()
    }

    /// The device that answers at `commandPort`.
    public func makeCommandPorts() -> any Device { PowerManagementCommandPorts(owner: self) }
}

// MARK: Time and the interrupt

extension PowerManagement {
    /// The PM timer: 24 bits count, and carry shows each change of the highest (13.8.3.4).
    private var ticks: UInt64 {
        let product = resources.context.clock.now.multipliedFullWidth(by: Self.timerFrequency)
        return (1_000_000_000 as UInt64).dividingFullWidth(product).quotient
    }

    /// The timer's value as it reads.
    var timerValue: UInt32 { UInt32(truncatingIfNeeded: ticks & 0xff_ffff) }

    /// How often the highest bit has changed.
    var timerHalf: UInt64 { ticks >> 23 }

    /// Sets the carry status when the highest bit has changed since the last look.
    func noteOverflow() {
        let half = timerHalf
        guard half != state.timerHalf else { return }
        state.timerHalf = half
        state.status |= Status.timer
    }

    /// Drives SCI, and arms the timer when the next carry would raise it.
    func update() {
        let fixed = state.status & state.enable & Status.interrupting != 0
        let isEnabled = state.control & Control.enableInterrupt != 0
        resources.interrupt.set(isEnabled && (fixed || state.eventStatus & state.eventEnable != 0))
        if isEnabled, state.enable & Status.timer != 0, state.status & Status.timer == 0 {
            armTimer()
        } else {
            timer?.disarm()
        }
    }

    private func armTimer() {
        let product = ((state.timerHalf &+ 1) << 23).multipliedFullWidth(by: 1_000_000_000 as UInt64)
        guard product.high < Self.timerFrequency else {
            timer?.disarm()
            return
        }
        let (quotient, remainder) = Self.timerFrequency.dividingFullWidth(product)
        // Rounded up: the tick has come when the timer fires.
        timer?.arm(at: remainder == 0 ? quotient : quotient &+ 1)
    }
}
