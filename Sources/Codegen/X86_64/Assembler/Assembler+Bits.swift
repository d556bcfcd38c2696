// Bit counts, single bits, and results of conditions.
import MachineCore

/// What to do with a single bit after copying it to the carry flag; the raw value is the opcode
/// extension of the form with a constant.
enum BitOp: UInt8 {
    case test = 4
    case set = 5
    case reset = 6
    case complement = 7
}

extension Assembler {
    /// Leading zeros, the width for 0 (LZCNT). Widths: `.word` and `.double`.
    public mutating func lzcnt(
        _ destination: GeneralRegister, _ source: GeneralRegister, width: AccessWidth = .double
    ) {
        emit(.two(0xBD, prefix: 0xF3), destination.rawValue, source.rawValue, wide: width == .double)
    }

    /// Trailing zeros, the width for 0 (TZCNT; BMI1). Widths: `.word` and `.double`.
    public mutating func tzcnt(
        _ destination: GeneralRegister, _ source: GeneralRegister, width: AccessWidth = .double
    ) {
        emit(.two(0xBC, prefix: 0xF3), destination.rawValue, source.rawValue, wide: width == .double)
    }

    /// The number of ones (POPCNT). Widths: `.word` and `.double`.
    public mutating func popcnt(
        _ destination: GeneralRegister, _ source: GeneralRegister, width: AccessWidth = .double
    ) {
        emit(.two(0xB8, prefix: 0xF3), destination.rawValue, source.rawValue, wide: width == .double)
    }

    /// Reverses the bytes (BSWAP). Widths: `.word` and `.double`.
    public mutating func bswap(_ register: GeneralRegister, width: AccessWidth = .double) {
        emitShort(0xC80F, bitCount: 16, register.rawValue, wide: width == .double)
    }

    /// `destination = ~inverted & other` (ANDN; BMI1). Widths: `.word` and `.double`.
    public mutating func andn(
        _ destination: GeneralRegister, _ inverted: GeneralRegister, _ other: GeneralRegister,
        width: AccessWidth = .double
    ) {
        let opcode = VEXOpcode(.none, .map0F38, 0xF2, wide: width == .double)
        emit(opcode, destination.rawValue, inverted.rawValue, other.rawValue)
    }

    /// Copies a bit to the carry flag (BT). Widths here and below: `.word` and `.double`; the number of
    /// the bit counts modulo the width.
    public mutating func bt(_ register: GeneralRegister, _ bit: UInt8, width: AccessWidth = .double) {
        emit(.test, register, bit, width)
    }

    /// Copies a bit to the carry flag (BT).
    public mutating func bt(
        _ register: GeneralRegister, _ bit: GeneralRegister, width: AccessWidth = .double
    ) {
        emit(.test, register, bit, width)
    }

    /// Copies a bit to the carry flag and sets it (BTS).
    public mutating func bts(_ register: GeneralRegister, _ bit: UInt8, width: AccessWidth = .double) {
        emit(.set, register, bit, width)
    }

    /// Copies a bit to the carry flag and sets it (BTS).
    public mutating func bts(
        _ register: GeneralRegister, _ bit: GeneralRegister, width: AccessWidth = .double
    ) {
        emit(.set, register, bit, width)
    }

    /// Copies a bit to the carry flag and clears it (BTR).
    public mutating func btr(_ register: GeneralRegister, _ bit: UInt8, width: AccessWidth = .double) {
        emit(.reset, register, bit, width)
    }

    /// Copies a bit to the carry flag and clears it (BTR).
    public mutating func btr(
        _ register: GeneralRegister, _ bit: GeneralRegister, width: AccessWidth = .double
    ) {
        emit(.reset, register, bit, width)
    }

    /// Copies a bit to the carry flag and inverts it (BTC).
    public mutating func btc(_ register: GeneralRegister, _ bit: UInt8, width: AccessWidth = .double) {
        emit(.complement, register, bit, width)
    }

    /// Copies a bit to the carry flag and inverts it (BTC).
    public mutating func btc(
        _ register: GeneralRegister, _ bit: GeneralRegister, width: AccessWidth = .double
    ) {
        emit(.complement, register, bit, width)
    }

    @inline(__always)
    private mutating func emit(_ op: BitOp, _ register: GeneralRegister, _ bit: UInt8, _ width: AccessWidth) {
        emit(.two(0xBA), op.rawValue, register.rawValue, wide: width == .double, .byte(bit))
    }

    @inline(__always)
    private mutating func emit(
        _ op: BitOp, _ register: GeneralRegister, _ bit: GeneralRegister, _ width: AccessWidth
    ) {
        let opcode = Opcode.two(0x83 | op.rawValue &<< 3)
        emit(opcode, bit.rawValue, register.rawValue, wide: width == .double)
    }

    /// Makes the low byte 1 if the condition holds, otherwise 0; the other bytes stay (SETcc).
    @inline(__always)
    public mutating func setcc(_ condition: Condition, _ register: GeneralRegister) {
        let rm = register.rawValue
        emit(.two(0x90 | condition.rawValue), 0, rm, wide: false, rex: needsREX(rm, .byte))
    }

    /// Copies `source` if the condition holds (CMOVcc). Widths: `.word`, which clears the high half
    /// either way, and `.double`.
    @inline(__always)
    public mutating func cmov(
        _ condition: Condition, _ destination: GeneralRegister, _ source: GeneralRegister,
        width: AccessWidth = .double
    ) {
        let opcode = Opcode.two(0x40 | condition.rawValue)
        emit(opcode, destination.rawValue, source.rawValue, wide: width == .double)
    }

    /// Loads if the condition holds; the memory is read in any case (CMOVcc).
    public mutating func cmov(
        _ condition: Condition, _ destination: GeneralRegister, _ memory: MemoryOperand,
        width: AccessWidth = .double
    ) {
        emit(.two(0x40 | condition.rawValue), destination.rawValue, memory, wide: width == .double)
    }
}
