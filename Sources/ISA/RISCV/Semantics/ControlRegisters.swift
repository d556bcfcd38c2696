// Zicsr: the CSR instructions. Those on registers that are plain fields of the state are spelled out, all
// others are the helper's.
import MachineCore

/// A control register that is a field of the state as it is.
struct PlainControlRegister {
    let offset: Int
    /// The bits that a write changes; the others stay zero.
    let writable: UInt64

    /// What a supervisor's trap handler reads and writes each time (Privileged ISA 10.1.6 to 10.1.9).
    @inline(__always)
    init?(_ number: UInt32) {
        switch number {
        case UInt32(CSR.sscratch.rawValue): self.init(StateField.sscratch, ~0)
        case UInt32(CSR.sepc.rawValue): self.init(StateField.sepc, ~1)
        case UInt32(CSR.scause.rawValue): self.init(StateField.scause, ~0)
        case UInt32(CSR.stval.rawValue): self.init(StateField.stval, ~0)
        default: return nil
        }
    }

    private init(_ offset: Int, _ writable: UInt64) {
        self.offset = offset
        self.writable = writable
    }
}

extension Semantics {
    /// A CSR instruction; `operand` is rs1 or the immediate.
    @inline(__always)
    mutating func csr(_ i: Instruction, operand: Value) throws(Interruption) {
        let number = i.bits >> 20
        if let register = PlainControlRegister(number) { return try plain(i, register, operand: operand) }
        if number == UInt32(CSR.fflags.rawValue) { return try floatFlags(i, operand: operand) }
        if number == UInt32(CSR.frm.rawValue), i.rs1 == 0, i.operation != .csrrw, i.operation != .csrrwi {
            return try readRounding(i)
        }
        if number == UInt32(CSR.sstatus.rawValue), try supervisorStatus(i) { return }
        let old = try help(.csr, operand, constant(UInt64(i.bits)))
        setX(i.rd, old)
        endBlock()
    }

    /// Raises illegal-instruction below supervisor mode.
    @inline(__always)
    private mutating func requireSupervisor(_ i: Instruction) throws(Interruption) {
        let isUser = isEqual(loadState(StateField.privilege, .byte), constant(0))
        try raise(if: isUser, ExceptionCause.illegalInstruction, constant(UInt64(i.bits)))
    }

    @inline(__always)
    private mutating func plain(
        _ i: Instruction, _ register: PlainControlRegister, operand: Value
    ) throws(Interruption) {
        try requireSupervisor(i)
        let old = loadState(register.offset, .double)
        if i.operation == .csrrw || i.operation == .csrrwi {
            storeState(register.offset, and(operand, constant(register.writable)), .double)
        } else if i.rs1 != 0 {
            let isSet = i.operation == .csrrs || i.operation == .csrrsi
            let new = isSet ? or(old, operand) : and(old, complement(operand))
            storeState(register.offset, and(new, constant(register.writable)), .double)
        }
        setX(i.rd, old)
    }

    /// Reads sstatus, or masks interrupts (`csrrci rd, sstatus, SIE`), which nobody has to look at. False
    /// for all other forms.
    @inline(__always)
    private mutating func supervisorStatus(_ i: Instruction) throws(Interruption) -> Bool {
        let isRead = i.rs1 == 0 && i.operation != .csrrw && i.operation != .csrrwi
        let masks = i.operation == .csrrci && UInt64(i.rs1) == MachineStatus.sie
        if !isRead && !masks { return false }
        try requireSupervisor(i)
        let status = loadState(StateField.mstatus, .double)
        if masks { storeState(StateField.mstatus, and(status, constant(~MachineStatus.sie)), .double) }
        if i.rd != 0 {
            let isDirty = isEqual(and(status, constant(MachineStatus.fs)), constant(MachineStatus.fs))
            let summary = select(isDirty, constant(MachineStatus.sd), constant(0))
            setX(i.rd, or(and(status, constant(MachineStatus.supervisorVisible)), summary))
        }
        return true
    }

    /// Reads or changes the accrued exceptions: compilers put both around every quiet comparison, and their
    /// software floating point does it in every operation.
    @inline(__always)
    private mutating func floatFlags(_ i: Instruction, operand: Value) throws(Interruption) {
        try requireFloat(i)
        let old = loadState(StateField.floatFlags, .byte)
        if i.operation == .csrrw || i.operation == .csrrwi {
            setFloatFlags(operand)
        } else if i.rs1 != 0 {
            let isSet = i.operation == .csrrs || i.operation == .csrrsi
            setFloatFlags(isSet ? or(old, operand) : and(old, complement(operand)))
        }
        setX(i.rd, old)
    }

    @inline(__always)
    private mutating func setFloatFlags(_ value: Value) {
        storeState(StateField.floatFlags, and(value, constant(31)), .byte)
        markFloatDirty()
    }

    /// Reads the rounding mode. Writing it is the helper's: the host must follow.
    @inline(__always)
    private mutating func readRounding(_ i: Instruction) throws(Interruption) {
        try requireFloat(i)
        setX(i.rd, loadState(StateField.floatRounding, .byte))
    }
}
