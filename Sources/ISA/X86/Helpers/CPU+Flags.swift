// RFLAGS as a whole: pushed, popped, and the interrupt flag.
import MachineCore

extension CPU {
    /// I/O privilege: what code needs to change IF (Intel SDM volume 3, 2.3).
    var ioPrivilege: UInt8 { UInt8(truncatingIfNeeded: state.pointee.systemFlags >> 12 & 3) }

    /// What `pushf` stores: VM and RF are zero there.
    var flagsImage: UInt64 {
        state.pointee.statusFlags | state.pointee.systemFlags & ~(RFlags.resume | RFlags.virtual8086)
    }

    /// What `popf` with an operand of `width` bytes writes (Intel SDM volume 2, POPF).
    func writeFlags(_ value: UInt64, width: UInt64) throws(FaultTaken) {
        let privilege = runtime.pointee.mode.privilege
        if isVirtual8086 && ioPrivilege < 3 { throw fault(Fault.generalProtection) }
        var changed = RFlags.status | RFlags.trap | RFlags.direction | RFlags.nestedTask
        if width > 2 { changed |= RFlags.alignmentCheck | RFlags.identification }
        if privilege <= ioPrivilege { changed |= RFlags.interrupt }
        if privilege == 0 { changed |= RFlags.ioPrivilege }
        let old = state.pointee.statusFlags | state.pointee.systemFlags
        setFlags(old & ~changed & ~RFlags.resume | value & changed)
    }

    /// Puts all bits where they belong, and looks at what they change.
    func setFlags(_ flags: UInt64) {
        let old = state.pointee.systemFlags
        state.pointee.statusFlags = flags & RFlags.status
        state.pointee.systemFlags = flags & RFlags.all & ~RFlags.status | RFlags.alwaysSet
        let new = state.pointee.systemFlags
        if (old ^ new) & RFlags.alignmentCheck != 0 { selectTranslationSets() }
        if new & (RFlags.interrupt | RFlags.trap | RFlags.resume) != 0 { context.pointee.attention = true }
    }

    /// `sti` and `cli`.
    func setInterruptFlag(_ isSet: Bool) throws(FaultTaken) {
        guard runtime.pointee.mode.privilege <= ioPrivilege || !isProtected else {
            throw fault(Fault.generalProtection)
        }
        let old = state.pointee.systemFlags
        if !isSet {
            state.pointee.systemFlags = old & ~RFlags.interrupt
        } else if old & RFlags.interrupt == 0 {
            // Interrupts wait until the next instruction is done.
            state.pointee.systemFlags = old | RFlags.interrupt
            state.pointee.interruptShadow = 1
            context.pointee.attention = true
        }
    }
}
