// Registers, memory operands and conditions of x86-64 instructions.

/// A general-purpose register; the raw value is its number in encodings (Intel SDM volume 2, 2.2.1.2).
public enum GeneralRegister: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case rax = 0
    case rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
}

/// The low 128 bits of a vector register; the raw value is its number in encodings.
public enum VectorRegister: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case xmm0 = 0
    case xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15
}

/// An address: `base + index * scale + displacement` (Intel SDM volume 2, 2.1.5).
public struct MemoryOperand: BitwiseCopyable, Sendable, Equatable {
    /// The register that holds the address to start from.
    public let base: GeneralRegister
    /// The register that is multiplied and added; never `rsp`, whose number means "none" there.
    public let index: GeneralRegister?
    /// 1, 2, 4 or 8.
    public let scale: UInt8
    /// Added to the sum, in bytes.
    public let displacement: Int32

    /// The address `base + displacement`.
    @inline(__always)
    public init(_ base: GeneralRegister, _ displacement: Int32 = 0) {
        self.base = base
        index = nil
        scale = 1
        self.displacement = displacement
    }

    /// The address `base + index * scale + displacement`.
    /// - Precondition: `index` is not `rsp`; `scale` is 1, 2, 4 or 8.
    @inline(__always)
    public init(
        _ base: GeneralRegister, index: GeneralRegister, scale: UInt8 = 1, displacement: Int32 = 0
    ) {
        precondition(index != .rsp, "rsp can not be an index")
        precondition(scale == 1 || scale == 2 || scale == 4 || scale == 8, "a scale is 1, 2, 4 or 8")
        self.base = base
        self.index = index
        self.scale = scale
        self.displacement = displacement
    }
}

/// What a conditional instruction tests; the raw value is the condition's code in opcodes (Intel SDM
/// volume 1, appendix B).
public enum Condition: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// OF = 1.
    case overflow = 0
    /// OF = 0.
    case noOverflow
    /// CF = 1: unsigned less.
    case below
    /// CF = 0: unsigned greater or equal.
    case aboveOrEqual
    /// ZF = 1.
    case equal
    /// ZF = 0.
    case notEqual
    /// CF = 1 or ZF = 1: unsigned less or equal.
    case belowOrEqual
    /// CF = 0 and ZF = 0: unsigned greater.
    case above
    /// SF = 1: negative.
    case sign
    /// SF = 0.
    case noSign
    /// PF = 1: after a floating-point comparison, unordered.
    case parity
    /// PF = 0.
    case noParity
    /// SF != OF: signed less.
    case less
    /// SF = OF: signed greater or equal.
    case greaterOrEqual
    /// ZF = 1 or SF != OF: signed less or equal.
    case lessOrEqual
    /// ZF = 0 and SF = OF: signed greater.
    case greater

    /// The condition that holds exactly when this one does not: codes come in pairs.
    @inline(__always)
    public var inverted: Condition { Condition(rawValue: rawValue ^ 1) ?? self }
}
