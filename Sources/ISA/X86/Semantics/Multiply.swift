// Multiplication, division and sign extension of the accumulator.
import MachineCore

extension X86Semantics {
    /// CF and OF say that the upper half of a product counts. The manual leaves the other flags undefined;
    /// they stay.
    @inline(__always)
    private mutating func setProductFlags(_ counts: Condition) {
        setFlags(RFlags.carry | RFlags.overflow, select(counts, constant(RFlags.carry | RFlags.overflow), constant(0)))
    }

    /// `mul`, and `imul` with one operand: the accumulator times the operand, twice as wide.
    mutating func multiplyAccumulator(_ i: Instruction, isSigned: Bool) throws(Interruption) {
        let b = try read(i.a, i)
        let a = register(0, i.size)
        if i.size == .double { return multiply64(a, b, isSigned) }
        let x = isSigned ? signExtend(a, from: i.size) : a
        let y = isSigned ? signExtend(b, from: i.size) : b
        let product = multiply(x, y)
        let low = isSigned ? signExtend(product, from: i.size) : zeroExtend(product, from: i.size)
        if i.size == .byte {
            setRegister(0, product, .half)
        } else {
            setRegister(0, product, i.size)
            setRegister(2, shiftRightLogical(product, by: constant(i.size.bitCount)), i.size)
        }
        setProductFlags(not(isEqual(low, product)))
    }

    private mutating func multiply64(_ a: Value, _ b: Value, _ isSigned: Bool) {
        let low = multiply(a, b)
        let high = isSigned ? multiplyHighSigned(a, b) : multiplyHighUnsigned(a, b)
        let filler = isSigned ? shiftRightArithmetic(low, by: constant(63)) : constant(0)
        setRegister(0, low)
        setRegister(2, high)
        setProductFlags(not(isEqual(high, filler)))
    }

    /// `imul` with two or three operands.
    mutating func multiplySigned(_ i: Instruction) throws(Interruption) {
        let hasThree = i.c.kind != .none
        let a = signExtend(try read(hasThree ? i.b : i.a, i), from: i.size)
        let b = signExtend(try read(hasThree ? i.c : i.b, i), from: i.size)
        let product = multiply(a, b)
        let overflows: Condition
        if i.size == .double {
            let filler = shiftRightArithmetic(product, by: constant(63))
            overflows = not(isEqual(multiplyHighSigned(a, b), filler))
        } else {
            overflows = not(isEqual(signExtend(product, from: i.size), product))
        }
        try write(i.a, product, i)
        setProductFlags(overflows)
    }

    /// `mulx`: the product of RDX and the third operand, high half to the first, low half to the second.
    mutating func multiplyWithoutFlags(_ i: Instruction) throws(Interruption) {
        let a = register(2, i.size)
        let b = try read(i.c, i)
        let low = multiply(a, b)
        let high = i.size == .double
            ? multiplyHighUnsigned(a, b) : shiftRightLogical(low, by: constant(i.size.bitCount))
        // With one register for both halves the high half is what stays.
        try write(i.b, low, i)
        try write(i.a, high, i)
    }

    /// `div` and `idiv`. Division of 128 bits is a helper's.
    mutating func divide(_ i: Instruction, isSigned: Bool) throws(Interruption) {
        let divisor = try read(i.a, i)
        if i.size == .double {
            _ = try help(.divide128, divisor, constant(isSigned ? 1 : 0))
            return
        }
        let dividend = accumulatorPair(i, isSigned)
        let by = isSigned ? signExtend(divisor, from: i.size) : divisor
        let quotient = isSigned ? divideSigned(dividend, by) : divideUnsigned(dividend, by)
        let remainder = isSigned ? remainderSigned(dividend, by) : remainderUnsigned(dividend, by)
        let low = isSigned ? signExtend(quotient, from: i.size) : zeroExtend(quotient, from: i.size)
        try raise(if: isEqual(divisor, constant(0)), Fault.divideError, constant(0))
        try raise(if: not(isEqual(low, quotient)), Fault.divideError, constant(0))
        if i.size == .byte {
            let both = or(zeroExtend(quotient, from: .byte), shiftLeft(remainder, by: constant(8)))
            setRegister(0, both, .half)
        } else {
            setRegister(0, quotient, i.size)
            setRegister(2, remainder, i.size)
        }
    }

    private mutating func accumulatorPair(_ i: Instruction, _ isSigned: Bool) -> Value {
        switch i.size {
        case .byte: isSigned ? signExtend(register(0), from: .half) : register(0, .half)
        case .half:
            signExtendIf(isSigned, or(register(0, .half), shiftLeft(register(2, .half), by: constant(16))))
        default: or(register(0, .word), shiftLeft(register(2), by: constant(32)))
        }
    }

    private mutating func signExtendIf(_ isSigned: Bool, _ value: Value) -> Value {
        isSigned ? signExtend(value, from: .word) : value
    }

    /// `cbw`, `cwde`, `cdqe`: the lower half of the accumulator, extended.
    mutating func extendAccumulator(_ i: Instruction) {
        let half = AccessWidth(bytes: i.a.width / 2)
        setRegister(0, signExtend(register(0), from: half), i.size)
    }

    /// `cwd`, `cdq`, `cqo`: the sign of the accumulator, everywhere in RDX.
    mutating func extendIntoData(_ i: Instruction) {
        let value = signExtend(register(0), from: i.size)
        setRegister(2, shiftRightArithmetic(value, by: constant(63)), i.size)
    }
}
