// One decoded instruction: a plain record that interpreter, translator and disassembler share.

/// What an operand is.
enum OperandKind: UInt8 {
    /// There is none; the width may still say how much an implied operand holds.
    case none
    /// A general register, by number.
    case register
    /// AH, CH, DH or BH; the number is that of the register that holds it.
    case highByte
    /// Memory, at the instruction's address fields.
    case memory
    /// The instruction's immediate value.
    case immediate
    /// The second immediate value, of `enter`.
    case secondImmediate
    /// A jump target: the immediate is the distance from the next instruction.
    case relative
    /// A far pointer: the offset is the immediate, the selector the displacement.
    case farPointer
    /// Registers of the other files, by number.
    case segment, control, debug, mmx, vector, float
}

/// An operand of an instruction.
struct Operand {
    var kind = OperandKind.none
    var number: UInt8 = 0
    /// The size in bytes; 0 where it has none (the operand of `lea`).
    var width: UInt8 = 0
}

/// How the CPU reads code. The raw value is the size of operands and addresses without prefixes, in bytes;
/// in 64-bit code operands have 4.
enum CodeSize: UInt8 {
    case bits16 = 2, bits32 = 4, bits64 = 8
}

/// Prefixes that an instruction had.
struct Prefixes: OptionSet {
    let rawValue: UInt8
    static let lock = Prefixes(rawValue: 1)
    static let repeatEqual = Prefixes(rawValue: 2)
    static let repeatNotEqual = Prefixes(rawValue: 4)
    static let operandSize = Prefixes(rawValue: 8)
    static let addressSize = Prefixes(rawValue: 16)
    static let rex = Prefixes(rawValue: 32)
    static let wide = Prefixes(rawValue: 64)
    static let vex = Prefixes(rawValue: 128)

    static let anyRepeat: Prefixes = [.repeatEqual, .repeatNotEqual]
}

/// A decoded instruction.
struct Instruction {
    /// Stands for no base or index register.
    static let noRegister: UInt8 = 16
    /// As base: the address of the next instruction.
    static let instructionPointer: UInt8 = 17

    var operation = Operation.ud2
    /// The number of bytes, 1 to 15.
    var length: UInt8 = 0
    /// The last opcode byte; its low four bits are the condition of conditional operations.
    var opcode: UInt8 = 0
    /// Which opcodes the last byte chooses from: 0, or 1 for those behind 0F, 2 for 0F38, 3 for 0F3A.
    var opcodeMap: UInt8 = 0
    /// The effective operand size in bytes: 2, 4 or 8.
    var width: UInt8 = 4
    /// The effective address size in bytes: 2, 4 or 8.
    var addressWidth: UInt8 = 8
    var prefixes: Prefixes = []
    /// The segment of the memory operand: 0 to 5 for ES, CS, SS, DS, FS, GS.
    var segment: UInt8 = 3
    var base = noRegister
    var index = noRegister
    /// The index counts 1, 2, 4 or 8 times: the power of two.
    var scale: UInt8 = 0
    var codeSize = CodeSize.bits64
    var a = Operand()
    var b = Operand()
    var c = Operand()
    var d = Operand()
    var displacement: Int64 = 0
    /// Sign-extended where the instruction does.
    var immediate: UInt64 = 0

    /// The segments ES to DS hold all 32-bit offsets from 0 on.
    var isFlat = false
    /// The size of the stack pointer in bytes.
    var stackWidth: UInt8 = 8

    var is64Bit: Bool { codeSize == .bits64 }
    /// The number of the condition of `jcc`, `setcc` and `cmovcc` (Intel SDM volume 1, appendix B).
    var condition: UInt8 { opcode & 15 }
    var hasMemoryOperand: Bool { a.kind == .memory || b.kind == .memory || c.kind == .memory }
}
