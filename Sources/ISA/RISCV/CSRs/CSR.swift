// The numbers of the control and status registers that exist.

/// A control and status register (Privileged ISA, chapter 2). Counters and event selectors that
/// always read zero are ranges in `Hart.readCSR`, not cases.
enum CSR: UInt16, CaseIterable {
    // unprivileged
    case fflags = 0x001, frm = 0x002, fcsr = 0x003
    case cycle = 0xc00, time = 0xc01, instret = 0xc02
    // supervisor
    case sstatus = 0x100, sie = 0x104, stvec = 0x105, scounteren = 0x106, senvcfg = 0x10a
    case sscratch = 0x140, sepc = 0x141, scause = 0x142, stval = 0x143, sip = 0x144
    case stimecmp = 0x14d, satp = 0x180
    // machine
    case mvendorid = 0xf11, marchid = 0xf12, mimpid = 0xf13, mhartid = 0xf14, mconfigptr = 0xf15
    case mstatus = 0x300, misa = 0x301, medeleg = 0x302, mideleg = 0x303, mie = 0x304, mtvec = 0x305
    case mcounteren = 0x306, menvcfg = 0x30a, mcountinhibit = 0x320
    case mscratch = 0x340, mepc = 0x341, mcause = 0x342, mtval = 0x343, mip = 0x344
    case mcycle = 0xb00, minstret = 0xb02

    /// The physical-memory-protection registers that exist: configurations of entries 0 to 7 and 8
    /// to 15 (odd numbers do not exist in RV64), and addresses.
    static let pmpConfigurations: ClosedRange<UInt16> = 0x3a0...0x3a3
    static let pmpAddresses: ClosedRange<UInt16> = 0x3b0...0x3bf
    /// Performance counters 3 to 31 and their event selectors: they exist and count nothing.
    static let userCounters: ClosedRange<UInt16> = 0xc03...0xc1f
    static let machineCounters: ClosedRange<UInt16> = 0xb03...0xb1f
    static let machineEvents: ClosedRange<UInt16> = 0x323...0x33f
}
