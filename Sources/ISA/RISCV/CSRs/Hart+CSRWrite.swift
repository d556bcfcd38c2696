// Writing control and status registers: what of a value is legal, and what follows from it.
import MachineCore

extension Hart {
    /// Writes register `number`, which exists and is writable; illegal parts of `value` are made
    /// legal as the manual prescribes for each field.
    /// - Parameter bits: what an instruction changes that sets or clears bits; others may change at the same
    ///   time from outside.
    public func writeCSR(_ number: UInt16, _ value: UInt64, changing bits: UInt64 = .max) {
        guard let csr = CSR(rawValue: number) else {
            writeProtection(number, value)
            return
        }
        switch csr {
        case .fflags, .frm, .fcsr: writeFloat(csr, value)
        case .sstatus, .mstatus: writeStatus(csr, value)
        case .sip, .mip: writePending(csr, value, changing: bits)
        case .sie, .mie, .mideleg, .medeleg, .menvcfg, .stimecmp: writeInterruptControl(csr, value)
        case .satp: writeAddressTranslation(value)
        case .mcycle: state.pointee.cycleOffset = value &- state.pointee.executed &- 1
        case .minstret: state.pointee.instretOffset = value &- state.pointee.executed &- 1
        default: writePlain(csr, value)
        }
    }

    private func writePlain(_ csr: CSR, _ value: UInt64) {
        switch csr {
        // Mode 0 is direct, 1 vectored; bit 1 is reserved.
        case .stvec: state.pointee.stvec = value & ~2
        case .mtvec: state.pointee.mtvec = value & ~2
        // Return addresses are even.
        case .sepc: state.pointee.sepc = value & ~1
        case .mepc: state.pointee.mepc = value & ~1
        case .sscratch: state.pointee.sscratch = value
        case .mscratch: state.pointee.mscratch = value
        case .scause: state.pointee.scause = value
        case .mcause: state.pointee.mcause = value
        case .stval: state.pointee.stval = value
        case .mtval: state.pointee.mtval = value
        case .scounteren: state.pointee.scounteren = value & 0xffff_ffff
        case .mcounteren: state.pointee.mcounteren = value & 0xffff_ffff
        // FIOM and CBZE.
        case .senvcfg: state.pointee.senvcfg = value & (1 | 1 << 7)
        default: break
        }
    }

    private func writeFloat(_ csr: CSR, _ value: UInt64) {
        if csr != .frm { state.pointee.floatFlags = UInt8(value & 31) }
        if csr == .frm { state.pointee.floatRounding = UInt8(value & 7) }
        if csr == .fcsr { state.pointee.floatRounding = UInt8((value >> 5) & 7) }
        state.pointee.mstatus |= MachineStatus.fs
    }

    private func writeStatus(_ csr: CSR, _ value: UInt64) {
        let writable = csr == .sstatus ? MachineStatus.supervisorWritable : MachineStatus.writable
        let old = state.pointee.mstatus
        var new = old & ~writable | value & writable
        // Privilege 2 does not exist: the field keeps its value.
        if (new & MachineStatus.mpp) >> MachineStatus.mppShift == 2 {
            new = new & ~MachineStatus.mpp | old & MachineStatus.mpp
        }
        state.pointee.mstatus = new
        // Only what is enabled now can become due.
        if new & ~old & (MachineStatus.mie | MachineStatus.sie) != 0 && isInterruptDue {
            context.pointee.attention = true
        }
        if (old ^ new) & MachineStatus.translation != 0 { selectTranslationSets() }
    }

    private func writeInterruptControl(_ csr: CSR, _ value: UInt64) {
        switch csr {
        case .mie: state.pointee.mie = value & Interrupt.all
        case .sie:
            let mask = state.pointee.mideleg
            state.pointee.mie = state.pointee.mie & ~mask | value & mask
        case .mideleg: state.pointee.mideleg = value & Interrupt.delegable
        case .medeleg: state.pointee.medeleg = value & ExceptionCause.delegable
        // FIOM, CBZE and STCE.
        case .menvcfg: state.pointee.menvcfg = value & (1 | 1 << 7 | 1 << 63)
        case .stimecmp: state.pointee.stimecmp = value
        default: break
        }
        // Whoever runs the hart computed its deadline from these.
        stopSoon()
    }

    /// Of the supervisor's interrupts it can only set and clear its software interrupt.
    private func writePending(_ csr: CSR, _ value: UInt64, changing bits: UInt64) {
        let supervisor = state.pointee.mideleg & Interrupt.supervisorSoftware.bit
        let mask = (csr == .mip ? Interrupt.delegable : supervisor) & bits
        changePending(clearing: mask & ~value, setting: mask & value)
        stopSoon()
    }

    /// satp: bare or Sv39; a write with another mode changes nothing (Privileged ISA 10.1.11).
    private func writeAddressTranslation(_ value: UInt64) {
        let mode = value >> 60
        guard mode == 0 || mode == 8 else { return }
        state.pointee.satp = value
        selectTranslationSets()
    }

    /// pmpcfg and pmpaddr (Privileged ISA 3.7.1). Locked entries do not change.
    private func writeProtection(_ number: UInt16, _ value: UInt64) {
        if CSR.pmpConfigurations.contains(number) {
            let first = Int(number - CSR.pmpConfigurations.lowerBound) * 4
            for offset in 0..<8 where state.pointee.pmpConfiguration[first + offset] & 0x80 == 0 {
                // Write without read is reserved: such an entry allows neither.
                let byte = UInt8(truncatingIfNeeded: value >> UInt64(offset * 8)) & 0x9f
                state.pointee.pmpConfiguration[first + offset] = byte & 3 == 2 ? byte & ~2 : byte
            }
        } else if CSR.pmpAddresses.contains(number) {
            let entry = Int(number - CSR.pmpAddresses.lowerBound)
            if addressIsLocked(entry) { return }
            state.pointee.pmpAddress[entry] = value & ((1 << 54) - 1)
        } else {
            return
        }
        translations.flushAll()
        selectTranslationSets()
    }

    /// An address is locked with its entry, and with the next one when that is a top-of-range entry.
    private func addressIsLocked(_ entry: Int) -> Bool {
        if state.pointee.pmpConfiguration[entry] & 0x80 != 0 { return true }
        guard entry + 1 < PhysicalMemoryProtection.entryCount else { return false }
        let next = state.pointee.pmpConfiguration[entry + 1]
        return next & 0x80 != 0 && (next >> 3) & 3 == 1
    }
}
