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

    /// - Precondition: the program counter and the flags lie inside the state block and do not overlap.
    ///   (The numbers are layout constants of the program, never input.)
    public init(stateByteCount: Int, programCounterOffset: Int, floatFlagsOffset: Int) {
        precondition(stateByteCount >= 9 && stateByteCount <= Self.maximumStateByteCount)
        precondition(programCounterOffset >= 0 && programCounterOffset <= stateByteCount - 8)
        precondition(floatFlagsOffset >= 0 && floatFlagsOffset < stateByteCount)
        let counter = programCounterOffset..<programCounterOffset + 8
        precondition(!counter.contains(floatFlagsOffset))
        self.stateByteCount = stateByteCount
        self.programCounterOffset = programCounterOffset
        self.floatFlagsOffset = floatFlagsOffset
    }

    /// State blocks stay small enough for 32-bit displacements in host code.
    public static var maximumStateByteCount: Int { 1 << 20 }
}
