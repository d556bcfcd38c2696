// A decoded instruction: a fixed 16-byte record that every instantiation of the semantics reads.

/// A decoded instruction. Fields that the operation does not use are 0.
public struct Instruction: BitwiseCopyable, Equatable, Sendable {
    /// The instruction's bits: 32, or 16 zero-extended for a compressed one.
    public var bits: UInt32
    /// The immediate, sign-extended; for CSR instructions the CSR number, for shifts the amount.
    public var immediate: Int32
    /// What it does.
    public var operation: Operation
    /// Its length in bytes: 2 or 4.
    public var length: UInt8
    /// Destination register.
    public var rd: UInt8
    /// First source register; for CSR immediate forms the 5-bit immediate.
    public var rs1: UInt8
    /// Second source register.
    public var rs2: UInt8
    /// Third source register (fused multiply-add).
    public var rs3: UInt8
    /// Rounding-mode field of floating-point instructions (7: dynamic).
    public var rounding: UInt8
    private var padding: UInt8 = 0

    init(_ operation: Operation, bits: UInt32, length: UInt8) {
        self.bits = bits
        self.operation = operation
        self.length = length
        immediate = 0
        rd = 0
        rs1 = 0
        rs2 = 0
        rs3 = 0
        rounding = 0
    }
}
