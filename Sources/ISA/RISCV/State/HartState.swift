// A hart's guest-visible state: one plain block of memory behind one pointer.

/// All guest-visible state of a hart. Engines reach fields by offset (`StateField`), so the layout is
/// pinned by a test. Saved state goes through `Hart.State`, never through these bytes.
public struct HartState: BitwiseCopyable {
    /// Integer registers; x[0] is never written.
    public var x: InlineArray<32, UInt64> = InlineArray(repeating: 0)
    /// Floating-point registers; single values are NaN-boxed.
    public var f: InlineArray<32, UInt64> = InlineArray(repeating: 0)
    /// Address of the next instruction.
    public var pc: UInt64 = 0
    /// Virtual address that the last load-reserved read, plus 1 for a double word; or `noReservation`.
    /// Trap returns clear it, so it never crosses address spaces.
    public var reservationAddress: UInt64 = HartState.noReservation
    /// What it read there, zero-extended.
    public var reservationValue: UInt64 = 0
    /// Machine status; the SD bit is derived when it is read.
    public var mstatus: UInt64 = 0
    /// Accrued floating-point exceptions (fflags).
    public var floatFlags: UInt8 = 0
    /// Dynamic rounding mode (frm), 0 to 7.
    public var floatRounding: UInt8 = 0
    /// Privilege mode: 0 user, 1 supervisor, 3 machine.
    public var privilege: UInt8 = 3
    /// 1 after `wfi` until an interrupt is pending.
    public var waiting: UInt8 = 0
    /// Zero: so that equal states are equal bytes.
    private let padding: UInt32 = 0
    /// Interrupt wires that are high, as bits of mip.
    public var interruptLines: UInt64 = 0
    /// The bits of mip that software set.
    public var interruptsPendingBySoftware: UInt64 = 0
    /// Instructions begun since power-on, whether they retired or trapped: the unit of budgets and of
    /// deterministic time.
    public var executed: UInt64 = 0
    /// What minstret and mcycle show beyond `executed`; each exception takes one from the former.
    public var instretOffset: UInt64 = 0
    public var cycleOffset: UInt64 = 0
    public var mie: UInt64 = 0
    public var mideleg: UInt64 = 0
    public var medeleg: UInt64 = 0
    public var mtvec: UInt64 = 0
    public var mepc: UInt64 = 0
    public var mcause: UInt64 = 0
    public var mtval: UInt64 = 0
    public var mscratch: UInt64 = 0
    public var mcounteren: UInt64 = 0
    public var menvcfg: UInt64 = 0
    public var stvec: UInt64 = 0
    public var sepc: UInt64 = 0
    public var scause: UInt64 = 0
    public var stval: UInt64 = 0
    public var sscratch: UInt64 = 0
    public var scounteren: UInt64 = 0
    public var senvcfg: UInt64 = 0
    public var satp: UInt64 = 0
    /// Supervisor timer comparator (Sstc), in timebase ticks.
    public var stimecmp: UInt64 = .max
    public var pmpConfiguration: InlineArray<16, UInt8> = InlineArray(repeating: 0)
    public var pmpAddress: InlineArray<16, UInt64> = InlineArray(repeating: 0)

    /// What no load-reserved leaves: reserved addresses are aligned.
    public static let noReservation: UInt64 = .max

    /// A hart at reset: machine mode, pc 0 (Privileged ISA 3.4).
    public init() {
        mstatus = MachineStatus.fixedUpperLengths
    }
}

/// Byte offsets of the fields that instruction semantics touch. Literals, because the interpreter
/// needs them as constants; a test compares them with the layout.
enum StateField {
    @inline(__always) static func x(_ register: UInt8) -> Int { Int(register) &* 8 }
    @inline(__always) static func f(_ register: UInt8) -> Int { 256 &+ Int(register) &* 8 }
    static var pc: Int { 512 }
    static var reservationAddress: Int { 520 }
    static var reservationValue: Int { 528 }
    static var mstatus: Int { 536 }
    static var floatFlags: Int { 544 }
    static var floatRounding: Int { 545 }
    static var privilege: Int { 546 }
    static var sepc: Int { 680 }
    static var scause: Int { 688 }
    static var stval: Int { 696 }
    static var sscratch: Int { 704 }
}
