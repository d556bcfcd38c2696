// Zba, Zbb and Zbs (Unprivileged ISA, chapter B).
import MachineCore

extension Semantics {
    @inline(__always)
    mutating func shiftAndAdd(_ i: Instruction, _ index: Value, by amount: UInt64) {
        setX(i.rd, add(x(i.rs2), shiftLeft(index, by: constant(amount))))
    }

    @inline(__always)
    mutating func complement(_ value: Value) -> Value { xor(value, constant(~0)) }

    /// Leading zeros of a word: those of the word in the upper half, at most 32.
    @inline(__always)
    mutating func countLeadingZerosWord(_ i: Instruction) {
        let upper = shiftLeft(x(i.rs1), by: constant(32))
        setX(i.rd, countLeadingZeros(or(upper, constant(1 << 31))))
    }

    @inline(__always)
    mutating func countTrailingZerosWord(_ i: Instruction) {
        setX(i.rd, countTrailingZeros(or(x(i.rs1), constant(1 << 32))))
    }

    @inline(__always)
    mutating func pick(_ i: Instruction, _ first: Bool, _ condition: Condition) {
        let a = x(i.rs1)
        let b = x(i.rs2)
        setX(i.rd, first ? select(condition, a, b) : select(condition, b, a))
    }

    @inline(__always)
    mutating func minimum(_ i: Instruction) { pick(i, true, isLessSigned(x(i.rs1), x(i.rs2))) }
    @inline(__always)
    mutating func maximum(_ i: Instruction) { pick(i, false, isLessSigned(x(i.rs1), x(i.rs2))) }
    @inline(__always)
    mutating func minimumUnsigned(_ i: Instruction) { pick(i, true, isLessUnsigned(x(i.rs1), x(i.rs2))) }
    @inline(__always)
    mutating func maximumUnsigned(_ i: Instruction) { pick(i, false, isLessUnsigned(x(i.rs1), x(i.rs2))) }

    /// Rotates right; shift amounts are modulo 64, so the opposite shift is by the negative.
    @inline(__always)
    mutating func rotateRight(_ value: Value, by amount: Value) -> Value {
        let back = subtract(constant(0), amount)
        return or(shiftRightLogical(value, by: amount), shiftLeft(value, by: back))
    }

    @inline(__always)
    mutating func rotateLeft(_ value: Value, by amount: Value) -> Value {
        let back = subtract(constant(0), amount)
        return or(shiftLeft(value, by: amount), shiftRightLogical(value, by: back))
    }

    /// Rotates a word right by `amount` (0 to 31): the word twice in 64 bits, shifted.
    @inline(__always)
    mutating func rotateRightWord(_ i: Instruction, by amount: Value) {
        let low = word(i.rs1)
        let twice = or(low, shiftLeft(low, by: constant(32)))
        setWord(i.rd, shiftRightLogical(twice, by: amount))
    }

    @inline(__always)
    mutating func rotateLeftWord(_ i: Instruction) {
        let amount = and(subtract(constant(32), wordAmount(i)), constant(31))
        rotateRightWord(i, by: amount)
    }

    /// Each byte becomes all ones unless it is zero: its bits are gathered in its lowest bit, which
    /// times 255 fills it.
    @inline(__always)
    mutating func orCombineBytes(_ i: Instruction) {
        var gathered = x(i.rs1)
        let masks: (UInt64, UInt64, UInt64) =
            (0x0f0f_0f0f_0f0f_0f0f, 0x0303_0303_0303_0303, 0x0101_0101_0101_0101)
        gathered = and(or(gathered, shiftRightLogical(gathered, by: constant(4))), constant(masks.0))
        gathered = and(or(gathered, shiftRightLogical(gathered, by: constant(2))), constant(masks.1))
        gathered = and(or(gathered, shiftRightLogical(gathered, by: constant(1))), constant(masks.2))
        setX(i.rd, multiply(gathered, constant(255)))
    }

    /// A mask with bit `amount` (modulo 64) set.
    @inline(__always)
    mutating func bit(_ amount: Value) -> Value { shiftLeft(constant(1), by: amount) }

    @inline(__always)
    mutating func clearBit(_ i: Instruction, _ amount: Value) {
        setX(i.rd, and(x(i.rs1), complement(bit(amount))))
    }

    @inline(__always)
    mutating func extractBit(_ i: Instruction, _ amount: Value) {
        setX(i.rd, and(shiftRightLogical(x(i.rs1), by: amount), constant(1)))
    }

    @inline(__always)
    mutating func invertBit(_ i: Instruction, _ amount: Value) { setX(i.rd, xor(x(i.rs1), bit(amount))) }

    @inline(__always)
    mutating func setBit(_ i: Instruction, _ amount: Value) { setX(i.rd, or(x(i.rs1), bit(amount))) }
}
