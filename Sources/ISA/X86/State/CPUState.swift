// A CPU's guest-visible state: one plain block of memory behind one pointer.

/// All guest-visible state of a CPU. Engines reach fields by offset (`StateField`), so the layout is pinned
/// by a test. Saved state goes through `CPU.State`, never through these bytes.
public struct CPUState: BitwiseCopyable {
    /// RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.
    public var registers: InlineArray<16, UInt64> = InlineArray(repeating: 0)
    /// The offset of the next instruction in the code segment.
    public var rip: UInt64 = 0xfff0
    /// CF, PF, AF, ZF, SF and OF at their places in RFLAGS; all other bits zero.
    public var statusFlags: UInt64 = 0
    /// The other bits of RFLAGS; bit 1 is set, those of the status flags are zero.
    public var systemFlags: UInt64 = 2
    /// ES, CS, SS, DS, FS, GS, LDTR, TR.
    public var segments: InlineArray<8, Segment> = InlineArray(repeating: Segment())
    /// Offsets that may be accessed in the first six, derived from them.
    var bounds: InlineArray<6, SegmentBounds> = InlineArray(repeating: SegmentBounds())

    /// x87 registers by physical number: the significands, and signs and exponents.
    public var floatSignificands: InlineArray<8, UInt64> = InlineArray(repeating: 0)
    public var floatExponents: InlineArray<8, UInt16> = InlineArray(repeating: 0)
    /// XMM registers, low half first.
    public var vectors: InlineArray<32, UInt64> = InlineArray(repeating: 0)
    /// The upper halves of the YMM registers.
    public var upperVectors: InlineArray<32, UInt64> = InlineArray(repeating: 0)
    /// The SSE control and status word.
    public var mxcsr: UInt32 = 0x1f80
    public var floatControl: UInt16 = 0x40
    public var floatStatus: UInt16 = 0
    /// x87 registers that are in use, a bit for each physical number (as FXSAVE has it).
    public var floatInUse: UInt8 = 0xff
    /// What the CPU waits for, or 0.
    public var waiting: UInt8 = 0
    /// After `hlt`, until an interrupt comes.
    static let halted: UInt8 = 1
    /// After INIT, until the start-up message.
    static let waitsForStartUp: UInt8 = 2
    /// For ever, but for a reset.
    static let shutDown: UInt8 = 3
    /// 1 directly behind `sti` or a write of SS, where interrupts wait for one instruction.
    public var interruptShadow: UInt8 = 0
    /// 1 while a handler of NMI runs.
    public var blocksNonmaskable: UInt8 = 0
    /// The last x87 operation: opcode, and addresses of instruction and operand.
    public var floatOpcode: UInt16 = 0
    public var floatInstructionSelector: UInt16 = 0
    public var floatOperandSelector: UInt16 = 0
    /// A set of `PendingEvent`, and what goes with the start-up message.
    public var pendingEvents: UInt8 = 0
    public var startUpPage: UInt8 = 0
    /// What the engines of instruction sets without a floating-point unit of their own leave alone.
    var floatFlags: UInt8 = 0
    var floatRounding: UInt8 = 0
    /// Zero: so that equal states are equal bytes.
    private var padding: UInt16 = 0
    public var floatInstruction: UInt64 = 0
    public var floatOperand: UInt64 = 0

    public var cr0: UInt64 = 0x6000_0010
    public var cr2: UInt64 = 0
    public var cr3: UInt64 = 0
    public var cr4: UInt64 = 0
    public var xcr0: UInt64 = 1
    /// DR0 to DR3, DR6, DR7.
    public var debug: InlineArray<6, UInt64> = [0, 0, 0, 0, 0xffff_0ff0, 0x400]
    public var gdtBase: UInt64 = 0
    public var idtBase: UInt64 = 0
    public var gdtLimit: UInt16 = 0xffff
    public var idtLimit: UInt16 = 0xffff
    private var padding2: UInt32 = 0
    public var efer: UInt64 = 0
    public var star: UInt64 = 0
    public var lstar: UInt64 = 0
    public var cstar: UInt64 = 0
    public var sfmask: UInt64 = 0
    public var kernelGSBase: UInt64 = 0
    public var sysenterCS: UInt64 = 0
    public var sysenterESP: UInt64 = 0
    public var sysenterEIP: UInt64 = 0
    public var tscAux: UInt64 = 0
    /// What the time stamp counter shows beyond its source.
    public var tscOffset: UInt64 = 0
    public var pat: UInt64 = 0x0007_0406_0007_0406
    public var miscEnable: UInt64 = 1
    public var speculationControl: UInt64 = 0
    /// The memory type range registers, in the order of their numbers: they say nothing to a CPU without caches.
    public var memoryTypes: InlineArray<28, UInt64> = InlineArray(repeating: 0)
    /// Instructions begun since power-on, whether they retired or ended in an exception.
    public var executed: UInt64 = 0
    /// A memory operand on its way to an operation on vectors; not guest-visible.
    var scratch: InlineArray<2, UInt64> = [0, 0]

    /// A CPU at reset (Intel SDM volume 3, table 9-1).
    public init() {
        segments[SegmentRegister.cs] = Segment(base: 0xffff_0000, selector: 0xf000, attributes: 0x9b)
        segments[SegmentRegister.ldtr] = Segment(attributes: 0x82)
        segments[SegmentRegister.tr] = Segment(attributes: 0x8b)
        for number in 0..<6 { bounds[number] = SegmentBounds(segments[number], checksRights: false) }
        registers[2] = UInt64(CPU.signature)
    }
}

/// Byte offsets in the state block.
enum StateField {
    private static func offset<Field>(_ field: KeyPath<CPUState, Field>) -> Int {
        // Never nil: all fields are stored.
        MemoryLayout<CPUState>.offset(of: field).unsafelyUnwrapped
    }

    static let rip = offset(\.rip)
    static let statusFlags = offset(\.statusFlags)
    static let systemFlags = offset(\.systemFlags)
    static let vectors = offset(\.vectors)
    static let floatSignificands = offset(\.floatSignificands)
    static let scratch = offset(\.scratch)
    static let mxcsr = offset(\.mxcsr)
    static let floatFlags = offset(\.floatFlags)
    static let floatRounding = offset(\.floatRounding)
    static let systemControl = offset(\.cr0)
    static let extensionControl = offset(\.cr4)
    private static let segments = offset(\.segments)
    private static let bounds = offset(\.bounds)

    /// A general register.
    @inline(__always) static func register(_ number: UInt8) -> Int { Int(number) &* 8 }
    /// The base of a segment.
    @inline(__always) static func segmentBase(_ number: UInt8) -> Int { segments &+ Int(number) &* 16 }
    /// The selector of a segment.
    @inline(__always) static func selector(_ number: UInt8) -> Int { segmentBase(number) &+ 12 }
    /// The first offset that may be read in a segment; the last is behind it.
    @inline(__always) static func readBounds(_ number: UInt8) -> Int { bounds &+ Int(number) &* 32 }
    /// The first offset that may be written in a segment; the last is behind it.
    @inline(__always) static func writeBounds(_ number: UInt8) -> Int { readBounds(number) &+ 16 }
    /// Half 0 or 1 of an XMM register.
    @inline(__always)
    static func vector(_ number: UInt8, half: Int) -> Int { vectors &+ Int(number) &* 16 &+ half &* 8 }
}
