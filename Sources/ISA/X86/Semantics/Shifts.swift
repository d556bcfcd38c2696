// Shifts and rotations (Intel SDM volume 2, "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR", "SHLD", "SHRD").
//
// A count of 0 changes no flags, whatever the operation. Where the manual leaves OF or AF undefined, OF is as for
// a count of 1, and AF is 0.
import MachineCore

extension X86Semantics {
    /// The count: its low five bits, or six for 64-bit operands.
    @inline(__always)
    private mutating func shiftCount(_ operand: Operand, _ i: Instruction) throws(Interruption) -> Value {
        and(try read(operand, i), constant(i.a.width == 8 ? 63 : 31))
    }

    @inline(__always)
    private mutating func less(_ value: UInt64, _ count: Value) -> Value { subtract(constant(value), count) }

    /// Writes result and flags; with a count of 0 the flags stay.
    @inline(__always)
    private mutating func finishShift(
        _ i: Instruction, _ place: Place<Value>, _ result: Value, _ mask: UInt64, count: Value, carry: Value,
        overflow: Value
    ) throws(Interruption) {
        let old = flags()
        var new = or(carry, shiftLeft(overflow, by: constant(11)))
        if mask & RFlags.zero != 0 { new = or(new, resultFlags(result, i.size)) }
        new = or(and(old, constant(RFlags.status & ~mask)), new)
        try replace(place, result, i)
        setFlags(select(isEqual(count, constant(0)), old, new))
    }

    mutating func shiftLeft(_ i: Instruction) throws(Interruption) {
        let count = try shiftCount(i.b, i)
        let place = try place(i)
        let top = i.size.bitCount &- 1
        let result = shiftLeft(place.old, by: count)
        let out = bit(shiftLeft(place.old, by: subtract(count, constant(1))), top)
        try finishShift(
            i, place, result, RFlags.status, count: count, carry: out, overflow: xor(bit(result, top), out))
    }

    mutating func shiftRight(_ i: Instruction, isSigned: Bool) throws(Interruption) {
        let count = try shiftCount(i.b, i)
        let place = try place(i)
        let before = subtract(count, constant(1))
        let value = isSigned ? signExtend(place.old, from: i.size) : place.old
        let result = isSigned ? shiftRightArithmetic(value, by: count) : shiftRightLogical(value, by: count)
        let out = isSigned ? shiftRightArithmetic(value, by: before) : shiftRightLogical(value, by: before)
        let overflow = isSigned ? constant(0) : bit(value, i.size.bitCount &- 1)
        try finishShift(
            i, place, result, RFlags.status, count: count, carry: and(out, constant(1)), overflow: overflow)
    }

    private static var rotationFlags: UInt64 { RFlags.carry | RFlags.overflow }

    mutating func rotate(_ i: Instruction, left: Bool) throws(Interruption) {
        let count = try shiftCount(i.b, i)
        let place = try place(i)
        let bits = i.size.bitCount
        let distance = and(count, constant(bits &- 1))
        let back = and(less(bits, distance), constant(bits &- 1))
        let result = left
            ? or(shiftLeft(place.old, by: distance), shiftRightLogical(place.old, by: back))
            : or(shiftRightLogical(place.old, by: distance), shiftLeft(place.old, by: back))
        let top = bit(result, bits &- 1)
        let carry = left ? and(result, constant(1)) : top
        let other = left ? carry : bit(result, bits &- 2)
        try finishShift(
            i, place, result, Self.rotationFlags, count: count, carry: carry, overflow: xor(top, other))
    }

    mutating func rotateThroughCarry(_ i: Instruction, left: Bool) throws(Interruption) {
        var count = try shiftCount(i.b, i)
        let place = try place(i)
        let bits = i.size.bitCount
        if bits < 32 { count = remainderUnsigned(count, constant(bits &+ 1)) }
        let carryIn = carry()
        // The three parts of the result: what moves on, the carry, and what comes round. Both distances of
        // what comes round are below 64 when the count is not 0.
        let around = less(bits, count)
        let half = constant(1)
        let before = subtract(count, half)
        let result: Value
        let out: Value
        if left {
            let wrapped = shiftRightLogical(shiftRightLogical(place.old, by: half), by: around)
            result = or(or(shiftLeft(place.old, by: count), shiftLeft(carryIn, by: before)), wrapped)
            out = bit(shiftLeft(place.old, by: before), bits &- 1)
        } else {
            let wrapped = shiftLeft(shiftLeft(place.old, by: half), by: around)
            result = or(or(shiftRightLogical(place.old, by: count), shiftLeft(carryIn, by: around)), wrapped)
            out = and(shiftRightLogical(place.old, by: before), half)
        }
        let isZero = isEqual(count, constant(0))
        let value = select(isZero, place.old, result)
        let carryOut = select(isZero, carryIn, out)
        let top = bit(value, bits &- 1)
        let overflow = left ? xor(top, carryOut) : xor(top, bit(value, bits &- 2))
        try finishShift(
            i, place, value, Self.rotationFlags, count: count, carry: carryOut, overflow: overflow)
    }

    /// `shld` and `shrd`: bits of the second operand move into the first. Counts beyond the operand's size,
    /// which only 16-bit operands can have, give undefined results.
    mutating func shiftDouble(_ i: Instruction, left: Bool) throws(Interruption) {
        let count = try shiftCount(i.c, i)
        let filler = try read(i.b, i)
        let place = try place(i)
        let bits = i.size.bitCount
        let rest = less(bits &- 1, count)
        let before = subtract(count, constant(1))
        let result: Value
        let out: Value
        if left {
            let moved = shiftRightLogical(shiftRightLogical(filler, by: constant(1)), by: rest)
            result = or(shiftLeft(place.old, by: count), moved)
            out = bit(shiftLeft(place.old, by: before), bits &- 1)
        } else {
            let moved = shiftLeft(shiftLeft(filler, by: constant(1)), by: rest)
            result = or(shiftRightLogical(place.old, by: count), moved)
            out = and(shiftRightLogical(place.old, by: before), constant(1))
        }
        let overflow = xor(bit(result, bits &- 1), bit(place.old, bits &- 1))
        try finishShift(
            i, place, result, RFlags.status, count: count, carry: out, overflow: overflow)
    }

    /// BMI2 shifts and rotation: no flags, and the source is not the destination.
    mutating func shiftWithoutFlags(_ i: Instruction) throws(Interruption) {
        let value = try read(i.b, i)
        let bits = i.size.bitCount
        let count = and(try read(i.c, i), constant(bits &- 1))
        let result: Value
        switch i.operation {
        case .shlx: result = shiftLeft(value, by: count)
        case .shrx: result = shiftRightLogical(value, by: count)
        case .sarx: result = shiftRightArithmetic(signExtend(value, from: i.size), by: count)
        default:
            let back = and(less(bits, count), constant(bits &- 1))
            result = or(shiftRightLogical(value, by: count), shiftLeft(value, by: back))
        }
        try write(i.a, result, i)
    }
}
