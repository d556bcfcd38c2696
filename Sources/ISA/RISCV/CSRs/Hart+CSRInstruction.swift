// The CSR instructions: access rules, then read, modify, write.
import MachineCore

extension Hart {
    /// Executes a CSR instruction (Unprivileged ISA, "Zicsr") and gives the old value. `operand` is
    /// rs1 or the immediate. A read that only writes is still done: no register has read effects.
    func executeCSR(operand: UInt64, bits: UInt32) throws(TrapTaken) -> UInt64 {
        let number = UInt16(bits >> 20)
        let kind = (bits >> 12) & 3
        let writes = kind == 1 || (bits >> 15) & 31 != 0
        let isReadOnly = number >> 10 == 3
        let lowestPrivilege = UInt8((number >> 8) & 3)
        guard state.pointee.privilege >= lowestPrivilege, !(writes && isReadOnly),
            isAccessible(number), let old = readCSR(number)
        else { throw exception(ExceptionCause.illegalInstruction, UInt64(bits)) }
        guard writes else { return old }
        // A read-modify-write of mip.SEIP works on the software bit, without the wire (3.1.9).
        let base = number == CSR.mip.rawValue ? old & ~externalWire | softwareExternal : old
        let new: UInt64
        switch kind {
        case 1: new = operand
        case 2: new = base | operand
        default: new = base & ~operand
        }
        writeCSR(number, new, changing: kind == 1 ? .max : operand)
        return old
    }

    private var externalWire: UInt64 { Interrupt.supervisorExternal.bit }
    private var softwareExternal: UInt64 {
        state.pointee.interruptsPendingBySoftware & Interrupt.supervisorExternal.bit
    }

    /// Access rules beyond the privilege in the number.
    private func isAccessible(_ number: UInt16) -> Bool {
        let privilege = state.pointee.privilege
        switch number {
        case 0x001...0x003:
            return state.pointee.mstatus & MachineStatus.fs != 0
        case 0xc00...0xc1f:
            return counterIsEnabled(UInt64(number & 31))
        case CSR.satp.rawValue:
            return !(privilege == 1 && state.pointee.mstatus & MachineStatus.tvm != 0)
        case CSR.stimecmp.rawValue:
            let timerEnabled = state.pointee.menvcfg >> 63 != 0 && state.pointee.mcounteren & 2 != 0
            return privilege == 3 || timerEnabled
        default:
            return true
        }
    }

    /// mcounteren and scounteren (Privileged ISA 3.1.11 and 10.1.5).
    private func counterIsEnabled(_ counter: UInt64) -> Bool {
        let bit: UInt64 = 1 << counter
        let privilege = state.pointee.privilege
        let machineAllows = privilege == 3 || state.pointee.mcounteren & bit != 0
        let supervisorAllows = privilege >= 1 || state.pointee.scounteren & bit != 0
        return machineAllows && supervisorAllows
    }
}
