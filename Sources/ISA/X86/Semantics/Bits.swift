// Bits: tests, scans, counts, and BMI1/BMI2.
import MachineCore

extension X86Semantics {
    // MARK: Tests

    /// `bt`, `bts`, `btr` and `btc`. A bit number from a register reaches memory beyond the operand.
    mutating func bitTest(_ i: Instruction) throws(Interruption) {
        let number = try read(i.b, i)
        let bits = i.size.bitCount
        let position = and(number, constant(bits &- 1))
        let mask = shiftLeft(constant(1), by: position)
        guard i.a.kind == .memory else {
            let old = try read(i.a, i)
            try changeBit(i, old, mask, address: nil)
            return finishBitTest(old, position)
        }
        let address = try bitAddress(i, number)
        if i.isLocked {
            let operation: AtomicOperation = i.operation == .bts ? .or : i.operation == .btr ? .and : .xor
            let operand = operation == .and ? invert(mask) : mask
            return finishBitTest(try atomicUpdate(operation, address, operand, i.size), position)
        }
        let old = try load(address, i.size)
        try changeBit(i, old, mask, address: address)
        finishBitTest(old, position)
    }

    private mutating func bitAddress(_ i: Instruction, _ number: Value) throws(Interruption) -> Value {
        var offset = effectiveAddress(i)
        if i.b.kind == .register {
            let bits = i.size.bitCount
            let signed = signExtend(number, from: i.size)
            let unit = shiftRightArithmetic(signed, by: constant(UInt64(bits.trailingZeroBitCount)))
            let distance = shiftLeft(unit, by: constant(UInt64(i.size.byteCount.trailingZeroBitCount)))
            offset = truncate(add(offset, distance), i.addressWidth)
        }
        return try linear(offset, i.segment, i.a.width, writes: i.operation != .bt, i)
    }

    private mutating func changeBit(
        _ i: Instruction, _ old: Value, _ mask: Value, address: Value?
    ) throws(Interruption) {
        let new: Value
        switch i.operation {
        case .bts: new = or(old, mask)
        case .btr: new = and(old, invert(mask))
        case .btc: new = xor(old, mask)
        default: return
        }
        if let address {
            try store(address, new, i.size)
        } else {
            try write(i.a, new, i)
        }
    }

    private mutating func finishBitTest(_ old: Value, _ position: Value) {
        setFlags(RFlags.carry, and(shiftRightLogical(old, by: position), constant(1)))
    }

    // MARK: Scans and counts

    /// `bsf` and `bsr`: of zero only ZF says something, and the destination stays.
    mutating func bitScan(_ i: Instruction, forward: Bool) throws(Interruption) {
        let value = try read(i.b, i)
        let isZero = isEqual(value, constant(0))
        let found = forward ? countTrailingZeros(value) : subtract(constant(63), countLeadingZeros(value))
        let whole = register(i.a.number)
        let new = i.size == .half ? or(and(whole, constant(~0xffff)), found) : found
        setRegister(i.a.number, select(isZero, whole, new))
        setFlags(RFlags.zero, select(isZero, constant(RFlags.zero), constant(0)))
    }

    /// `tzcnt` and `lzcnt`: of zero the operand's size.
    mutating func countZeros(_ i: Instruction, leading: Bool) throws(Interruption) {
        let value = try read(i.b, i)
        let bits = i.size.bitCount
        let isZero = isEqual(value, constant(0))
        let found = leading ? subtract(countLeadingZeros(value), constant(64 &- bits)) : countTrailingZeros(value)
        let result = select(isZero, constant(bits), found)
        try write(i.a, result, i)
        let zero = select(isEqual(result, constant(0)), constant(RFlags.zero), constant(0))
        setFlags(RFlags.zero | RFlags.carry, or(zero, truth(isZero)))
    }

    mutating func populationCount(_ i: Instruction) throws(Interruption) {
        let value = try read(i.b, i)
        try write(i.a, countOnes(value), i)
        setFlags(select(isEqual(value, constant(0)), constant(RFlags.zero), constant(0)))
    }

    mutating func swapBytes(_ i: Instruction) {
        // Of 16-bit operands, for which the manual leaves it undefined, processors make zero.
        let value = register(i.a.number)
        let reversed = reverseBytes(value)
        switch i.size {
        case .double: setRegister(i.a.number, reversed)
        case .word: setRegister(i.a.number, shiftRightLogical(reversed, by: constant(32)))
        default: setRegister(i.a.number, constant(0), .half)
        }
    }

    /// `movbe`: bytes in reverse on the way to or from memory.
    mutating func moveReversed(_ i: Instruction) throws(Interruption) {
        let value = reverseBytes(try read(i.b, i))
        try write(i.a, shiftRightLogical(value, by: constant(64 &- i.size.bitCount)), i)
    }

    // MARK: BMI

    /// `andn`, `blsr`, `blsmsk`, `blsi`, `bzhi` and `bextr`: AF and PF, which the manual leaves undefined, are
    /// as of the result.
    mutating func bitField(_ i: Instruction) throws(Interruption) {
        let x = try read(i.b, i)
        let bits = i.size.bitCount
        let y = i.c.kind == .none ? x : try read(i.c, i)
        let minusOne = subtract(x, constant(1))
        let isZero = isEqual(x, constant(0))
        var carry = constant(0)
        let result: Value
        switch i.operation {
        case .andn: result = and(invert(x), y)
        case .blsr, .blsmsk:
            result = i.operation == .blsr ? and(x, minusOne) : xor(x, minusOne)
            carry = truth(isZero)
        case .blsi:
            result = and(x, subtract(constant(0), x))
            carry = truth(not(isZero))
        case .bzhi:
            let index = zeroExtend(y, from: .byte)
            let isInside = isLessUnsigned(index, constant(bits))
            result = select(isInside, and(x, lowBits(index)), x)
            carry = truth(not(isInside))
        default: result = extractField(x, y)
        }
        try write(i.a, result, i)
        setFlags(or(resultFlags(result, i.size), carry))
    }

    /// `count` ones, fewer than 64.
    private mutating func lowBits(_ count: Value) -> Value {
        subtract(shiftLeft(constant(1), by: count), constant(1))
    }

    private mutating func extractField(_ x: Value, _ control: Value) -> Value {
        let start = zeroExtend(control, from: .byte)
        let length = zeroExtend(shiftRightLogical(control, by: constant(8)), from: .byte)
        let limit = constant(64)
        let shifted = select(isLessUnsigned(start, limit), shiftRightLogical(x, by: start), constant(0))
        return select(isLessUnsigned(length, limit), and(shifted, lowBits(length)), shifted)
    }

    /// `pdep` and `pext`, and `crc32`, whose loops are a helper's.
    mutating func computeWithHelper(_ i: Instruction, _ helper: Helper, _ a: Operand, _ b: Operand)
        throws(Interruption)
    {
        let x = try read(a, i)
        let y = try read(b, i)
        try write(i.a, help(helper, x, y), i)
    }

    mutating func accumulateChecksum(_ i: Instruction) throws(Interruption) {
        let value = try read(i.b, i)
        let sum = register(i.a.number, .word)
        let packed = or(sum, constant(UInt64(i.b.width) << 32))
        setRegister(i.a.number, try help(.checksum, packed, value))
    }
}
