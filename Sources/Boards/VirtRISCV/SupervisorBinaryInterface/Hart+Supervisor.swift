// What machine-mode firmware would set up in a hart before it starts a kernel.
import RISCV

extension Hart {
    static let stimecmp: UInt16 = 0x14d

    /// Enters supervisor mode as the HSM extension prescribes (SBI 2.0, 9.1): no translation, no
    /// interrupts, a0 = hart, a1 = argument.
    func enterSupervisor(at entry: UInt64, argument: UInt64) {
        state.pointee.privilege = Privilege.supervisor.rawValue
        state.pointee.pc = entry
        state.pointee.x[10] = UInt64(index)
        state.pointee.x[11] = argument
        writeCSR(0x180, 0)
        // sstatus.SIE
        writeCSR(0x100, (readCSR(0x100) ?? 0) & ~2)
        stateWasReplaced()
    }

    /// Sets the supervisor's software interrupt pending (mip.SSIP), and no other bit: reading mip and
    /// writing it back would keep an external interrupt pending whose wire happened to be high.
    func raiseSupervisorSoftwareInterrupt() {
        raiseSoftwareInterrupts(1 << UInt64(RISCV.Interrupt.supervisorSoftware.rawValue))
    }
}

extension VirtRISCV {
    /// Delegates to supervisor mode all that a kernel serves itself, and opens what it may use.
    func prepareForSupervisor(_ hart: Hart) {
        // All exceptions but calls from supervisor mode; the three supervisor interrupts.
        hart.writeCSR(0x302, 0xb1ff)
        hart.writeCSR(0x303, 0x222)
        // Counters for supervisor and, as all firmware does and kernels rely on, for user mode.
        hart.writeCSR(0x306, 0xffff_ffff)
        hart.writeCSR(0x106, 7)
        // Sstc and cbo.zero (menvcfg.STCE, CBZE).
        hart.writeCSR(0x30a, 1 << 63 | 1 << 7)
        // One PMP entry that allows everything everywhere.
        hart.writeCSR(0x3b0, .max)
        hart.writeCSR(0x3a0, 0x1f)
        // Without firmware nothing runs in machine mode.
        hart.state.pointee.privilege = Privilege.supervisor.rawValue
        hart.stateWasReplaced()
    }
}
