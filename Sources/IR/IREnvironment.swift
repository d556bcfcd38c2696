// What the IR must know of an instruction set: where three things are in its CPU state.

/// The layout facts that an instruction set gives to the IR.
///
/// The IR has no guest opcodes. Registers are byte offsets into the state block, helpers are numbers,
/// and only the program counter and the sticky floating-point flags have a meaning here: blocks end by
/// writing the one, and floating-point operations or their exceptions into the other.
public struct IREnvironment: Hashable, Sendable {
    /// The size of the state block in bytes. Accesses at or past it are refused by the verifier.
    public let stateByteCount: Int
    /// The byte offset of the program counter, eight bytes in host byte order.
    public let programCounterOffset: Int
    /// The byte offset of the sticky floating-point flags, one byte in the bit order of `FloatFlags`.
    public let floatFlagsOffset: Int

    /// The byte offset of the rounding mode that floating-point operations use by default, one byte with
    /// the values of `RoundingMode`; others are the guest's to refuse.
    public let floatRoundingOffset: Int
    /// The floating-point registers, eight bytes each.
    public let floatRegisters: Range<Int>
    /// A field of eight bytes that always holds zero, if there is one.
    public let zeroField: Int?
    /// Eight-byte fields in the order in which it pays to keep them in host registers, integer registers
    /// and floating-point registers apart. Code generators take as many as they have room for.
    public let hotFields: [Int]
    /// As `hotFields`, in `floatRegisters`.
    public let hotFloatFields: [Int]
    /// Fields of 16 bytes in the order in which it pays to keep them in the host's vector registers; only where there
    /// are no `hotFloatFields`.
    public let hotVectorFields: [Int]
    /// A field of four bytes in the format of MXCSR, the SSE control and status word (Intel SDM volume 1, 10.2.3), that
    /// says how the guest's vectors are computed, and takes the exceptions; nil where `floatFlagsOffset` and
    /// `floatRoundingOffset` serve.
    public let vectorControlOffset: Int?
    /// Bytes that only single instructions use while they run: no part of the state that engines agree on.
    public let scratch: Range<Int>
    /// Eight-byte fields, at most four, that are written much more often than read, so that it pays to write them
    /// only where somebody can see it.
    public let coldFields: [Int]

    /// - Precondition: the program counter and the flags lie inside the state block and do not overlap.
    ///   (The numbers are layout constants of the program, never input.)
    public init(
        stateByteCount: Int, programCounterOffset: Int, floatFlagsOffset: Int, floatRoundingOffset: Int,
        floatRegisters: Range<Int> = 0..<0, zeroField: Int? = nil, hotFields: [Int] = [], hotFloatFields: [Int] = [],
        hotVectorFields: [Int] = [], vectorControlOffset: Int? = nil, coldFields: [Int] = [],
        scratch: Range<Int> = 0..<0
    ) {
        precondition(stateByteCount >= 9 && stateByteCount <= Self.maximumStateByteCount)
        precondition(programCounterOffset >= 0 && programCounterOffset <= stateByteCount - 8)
        precondition(floatFlagsOffset >= 0 && floatFlagsOffset < stateByteCount)
        let counter = programCounterOffset..<programCounterOffset + 8
        precondition(!counter.contains(floatFlagsOffset))
        self.stateByteCount = stateByteCount
        self.programCounterOffset = programCounterOffset
        self.floatFlagsOffset = floatFlagsOffset
        self.floatRoundingOffset = floatRoundingOffset
        self.floatRegisters = floatRegisters
        self.zeroField = zeroField
        self.hotFields = hotFields
        self.hotFloatFields = hotFloatFields
        self.hotVectorFields = hotVectorFields
        self.vectorControlOffset = vectorControlOffset
        self.coldFields = coldFields
        self.scratch = scratch
    }

    /// State blocks stay small enough for 32-bit displacements in host code.
    public static var maximumStateByteCount: Int { 1 << 20 }
}
