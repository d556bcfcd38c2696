// The ports of power management (Intel ICH9 data sheet 316972, section 13.8.3).
import MachineCore

extension PowerManagement {
    /// Offsets of the 32-bit words that hold the registers.
    private enum Word {
        /// PM1_STS (13.8.3.1) in the low half, PM1_EN (13.8.3.2) in the high half.
        static let events: UInt64 = 0x00
        /// PM1_CNT (13.8.3.3).
        static let control: UInt64 = 0x04
        /// PM1_TMR (13.8.3.4).
        static let timer: UInt64 = 0x08
        /// GPE0_STS (13.8.3.9), 64 bits.
        static let eventStatus: UInt64 = 0x20
        /// GPE0_EN (13.8.3.10), 64 bits.
        static let eventEnable: UInt64 = 0x28
        /// SMI_EN (13.8.3.11).
        static let managementEnable: UInt64 = 0x30
    }

    /// Bits of PM1_STS; those of PM1_EN have the same places.
    enum Status {
        static let timer: UInt16 = 1 << 0
        static let busMaster: UInt16 = 1 << 4
        static let global: UInt16 = 1 << 5
        static let powerButton: UInt16 = 1 << 8
        static let realTimeClock: UInt16 = 1 << 10
        static let wake: UInt16 = 1 << 15
        /// What PM1_EN lets interrupt.
        static let interrupting = timer | global | powerButton | realTimeClock
        static let all = interrupting | busMaster | wake
    }

    /// Bits of PM1_CNT.
    enum Control {
        static let enableInterrupt: UInt32 = 1 << 0
        static let sleepTypeShift: UInt32 = 10
        static let sleepEnable: UInt32 = 1 << 13
        /// SCI_EN, BM_RLD and SLP_TYP; the others are commands, and read as 0.
        static let stored: UInt32 = 0x1c03
    }

    /// The bit of SMI_EN that lets the command port call system management mode; always set.
    static let commandPortEnable: UInt32 = 1 << 5

    /// The word at `offset`, a multiple of 4. Registers that nothing here has, the watchdog's among them,
    /// read as 0.
    func readWord(_ offset: UInt64) -> UInt32 {
        switch offset {
        case Word.events:
            noteOverflow()
            return UInt32(state.status) | UInt32(state.enable) << 16
        case Word.control: return state.control
        case Word.timer: return timerValue
        case Word.eventStatus: return UInt32(truncatingIfNeeded: state.eventStatus)
        case Word.eventStatus + 4: return UInt32(truncatingIfNeeded: state.eventStatus >> 32)
        case Word.eventEnable: return UInt32(truncatingIfNeeded: state.eventEnable)
        case Word.eventEnable + 4: return UInt32(truncatingIfNeeded: state.eventEnable >> 32)
        case Word.managementEnable: return state.managementEnable
        default: return 0
        }
    }

    /// Writes those bits of the word at `offset`, a multiple of 4, that are set in `mask`; `value` has no
    /// others.
    func writeWord(_ value: UInt32, _ mask: UInt32, at offset: UInt64) {
        switch offset {
        case Word.events:
            noteOverflow()
            // Writing a 1 clears a status.
            state.status &= ~UInt16(truncatingIfNeeded: value)
            let enable = UInt16(truncatingIfNeeded: mask >> 16)
            state.enable = (state.enable & ~enable | UInt16(value >> 16)) & Status.interrupting
        case Word.control:
            state.control = (state.control & ~mask | value) & Control.stored
            if value & Control.sleepEnable != 0 { sleep() }
        case Word.eventStatus: state.eventStatus &= ~UInt64(value)
        case Word.eventStatus + 4: state.eventStatus &= ~(UInt64(value) << 32)
        case Word.eventEnable:
            state.eventEnable = state.eventEnable & ~UInt64(mask) | UInt64(value)
        case Word.eventEnable + 4:
            state.eventEnable = state.eventEnable & ~(UInt64(mask) << 32) | UInt64(value) << 32
        case Word.managementEnable:
            state.managementEnable = state.managementEnable & ~mask | value | Self.commandPortEnable
        default: break
        }
    }

    /// SLP_EN was written. S4 is off as well: the operating system has saved itself. The types between are
    /// states that no table offers.
    private func sleep() {
        let type = state.control >> Control.sleepTypeShift & 0b111
        let hibernate: UInt32 = 6
        if type == 0 || type == hibernate || type == UInt32(Self.softOffSleepType) {
            resources.control.request(.powerOff(status: 0))
        } else {
            resources.context.log.note("power management", "sleep type \(type) is not supported; use S5")
        }
    }

    func command(_ value: UInt8) {
        state.command = value
        if value == Self.enableCommand { state.control |= Control.enableInterrupt }
        if value == Self.disableCommand { state.control &= ~Control.enableInterrupt }
        update()
    }
}

/// APM_CNT and APM_STS (section 13.7.1): a command, and a byte that firmware and its callers share.
final class PowerManagementCommandPorts: Device {
    private unowned let owner: PowerManagement

    init(owner: PowerManagement) { self.owner = owner }

    func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        switch (offset, width) {
        case (0, .byte): UInt64(owner.state.command)
        case (1, .byte): UInt64(owner.state.commandStatus)
        default: 0
        }
    }

    func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        let byte = UInt8(truncatingIfNeeded: value)
        switch (offset, width) {
        case (0, .byte): owner.command(byte)
        case (1, .byte): owner.state.commandStatus = byte
        default: break
        }
    }

    /// Nothing to do: the registers are the owner's.
    func reset() {}
}
