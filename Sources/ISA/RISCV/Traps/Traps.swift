// Entering and leaving trap handlers.
import MachineCore

/// Thrown when an instruction ends early; cause and value are in the hart's runtime block, so that
/// throwing costs nothing but the jump.
struct TrapTaken: Error {}

extension Hart {
    /// Notes an exception of the current instruction.
    func exception(_ cause: UInt64, _ value: UInt64) -> TrapTaken {
        runtime.pointee.trapCause = cause
        runtime.pointee.trapValue = value
        return TrapTaken()
    }

    /// Enters the trap handler for the exception that was noted. The instruction did not retire.
    func takeNotedException() {
        state.pointee.instretOffset &-= 1
        enterTrap(cause: runtime.pointee.trapCause, isInterrupt: false, value: runtime.pointee.trapValue)
    }

    /// Enters a trap handler (Privileged ISA 3.1.6.1, 3.1.7, 3.1.8 and 10.1.2).
    func enterTrap(cause: UInt64, isInterrupt: Bool, value: UInt64) {
        let from = state.pointee.privilege
        let delegation = isInterrupt ? state.pointee.mideleg : state.pointee.medeleg
        let toSupervisor = from <= 1 && delegation & (1 << (cause & 63)) != 0
        let causeRegister = cause | (isInterrupt ? 1 << 63 : 0)
        let interrupted = state.pointee.pc
        state.pointee.waiting = 0
        state.pointee.reservationAddress = HartState.noReservation
        let vector: UInt64
        if toSupervisor {
            state.pointee.scause = causeRegister
            state.pointee.sepc = state.pointee.pc
            state.pointee.stval = value
            stack(
                from: from, enable: MachineStatus.sie, previousEnable: MachineStatus.spie,
                previousPrivilege: MachineStatus.spp, UInt64(from) << 8)
            state.pointee.privilege = 1
            vector = state.pointee.stvec
        } else {
            state.pointee.mcause = causeRegister
            state.pointee.mepc = state.pointee.pc
            state.pointee.mtval = value
            stack(
                from: from, enable: MachineStatus.mie, previousEnable: MachineStatus.mpie,
                previousPrivilege: MachineStatus.mpp, UInt64(from) << MachineStatus.mppShift)
            state.pointee.privilege = 3
            vector = state.pointee.mtvec
        }
        let isVectored = vector & 3 == 1 && isInterrupt
        state.pointee.pc = (vector & ~3) &+ (isVectored ? 4 &* cause : 0)
        selectTranslationSets()
        if debugging.probedEvents.contains(.traps) { tellOfTrap(cause, isInterrupt, value, interrupted) }
    }

    /// Pushes the interrupt-enable and privilege stack of mstatus.
    private func stack(
        from: UInt8, enable: UInt64, previousEnable: UInt64, previousPrivilege: UInt64, _ privilegeBits: UInt64
    ) {
        var status = state.pointee.mstatus
        status = status & enable != 0 ? status | previousEnable : status & ~previousEnable
        status &= ~(enable | previousPrivilege)
        state.pointee.mstatus = status | privilegeBits
    }

    /// `mret` and `sret` (Privileged ISA 3.3.2): gives the address to go on at. The caller has checked
    /// the privilege.
    func returnFromTrap(machine: Bool) -> UInt64 {
        var status = state.pointee.mstatus
        let enable = machine ? MachineStatus.mie : MachineStatus.sie
        let previousEnable = machine ? MachineStatus.mpie : MachineStatus.spie
        let privilege: UInt64
        if machine {
            privilege = (status & MachineStatus.mpp) >> MachineStatus.mppShift
            status &= ~MachineStatus.mpp
        } else {
            privilege = status & MachineStatus.spp == 0 ? 0 : 1
            status &= ~MachineStatus.spp
        }
        status = status & previousEnable != 0 ? status | enable : status & ~enable
        status |= previousEnable
        if privilege != 3 { status &= ~MachineStatus.mprv }
        state.pointee.mstatus = status
        state.pointee.privilege = UInt8(privilege)
        state.pointee.reservationAddress = HartState.noReservation
        if isInterruptDue { context.pointee.attention = true }
        selectTranslationSets()
        return machine ? state.pointee.mepc : state.pointee.sepc
    }
}
