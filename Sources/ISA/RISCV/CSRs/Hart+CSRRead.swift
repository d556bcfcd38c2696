// Reading control and status registers.
import MachineCore

extension Hart {
    /// The value of register `number`, or nil when it does not exist. Access rules are the caller's.
    public func readCSR(_ number: UInt16) -> UInt64? {
        guard let csr = CSR(rawValue: number) else { return readNumberedCSR(number) }
        switch csr {
        case .fflags: return UInt64(state.pointee.floatFlags)
        case .frm: return UInt64(state.pointee.floatRounding)
        case .fcsr: return UInt64(state.pointee.floatRounding) << 5 | UInt64(state.pointee.floatFlags)
        case .cycle, .mcycle: return state.pointee.executed &+ state.pointee.cycleOffset
        case .instret, .minstret: return state.pointee.executed &+ state.pointee.instretOffset
        case .time: return environment.timebase.now
        case .sstatus: return statusWithSummary & MachineStatus.supervisorVisible
        case .mstatus: return statusWithSummary
        case .sie: return state.pointee.mie & state.pointee.mideleg
        case .sip: return interruptsPending & state.pointee.mideleg
        case .mip: return interruptsPending
        case .misa: return Self.misa
        case .mhartid: return UInt64(index)
        case .mvendorid, .marchid, .mimpid, .mconfigptr, .mcountinhibit: return 0
        default: return readPlainCSR(csr)
        }
    }

    /// Registers whose value is a field of the state as it is.
    private func readPlainCSR(_ csr: CSR) -> UInt64? {
        switch csr {
        case .stvec: state.pointee.stvec
        case .scounteren: state.pointee.scounteren
        case .senvcfg: state.pointee.senvcfg
        case .sscratch: state.pointee.sscratch
        case .sepc: state.pointee.sepc
        case .scause: state.pointee.scause
        case .stval: state.pointee.stval
        case .stimecmp: state.pointee.stimecmp
        case .satp: state.pointee.satp
        case .medeleg: state.pointee.medeleg
        case .mideleg: state.pointee.mideleg
        case .mie: state.pointee.mie
        case .mtvec: state.pointee.mtvec
        case .mcounteren: state.pointee.mcounteren
        case .menvcfg: state.pointee.menvcfg
        case .mscratch: state.pointee.mscratch
        case .mepc: state.pointee.mepc
        case .mcause: state.pointee.mcause
        case .mtval: state.pointee.mtval
        default: nil
        }
    }

    private func readNumberedCSR(_ number: UInt16) -> UInt64? {
        if CSR.pmpAddresses.contains(number) {
            return state.pointee.pmpAddress[Int(number - CSR.pmpAddresses.lowerBound)]
        }
        if CSR.pmpConfigurations.contains(number), number & 1 == 0 {
            let first = Int(number - CSR.pmpConfigurations.lowerBound) * 4
            return (0..<8).reduce(0) { $0 | UInt64(state.pointee.pmpConfiguration[first + $1]) << UInt64($1 * 8) }
        }
        let countsNothing =
            CSR.userCounters.contains(number) || CSR.machineCounters.contains(number)
            || CSR.machineEvents.contains(number)
        return countsNothing ? 0 : nil
    }

    /// mstatus with SD, which summarizes FS = dirty.
    private var statusWithSummary: UInt64 {
        let status = state.pointee.mstatus
        return status & MachineStatus.fs == MachineStatus.fs ? status | MachineStatus.sd : status
    }

    /// RV64 with A, C, D, F, I, M, S and U (Privileged ISA 3.1.1).
    private static let misa: UInt64 = {
        let letters: [UInt64] = "ACDFIMSU".utf8.map { UInt64($0 - UInt8(ascii: "A")) }
        return letters.reduce(2 << 62) { $0 | 1 << $1 }
    }()
}
