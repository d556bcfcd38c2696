// F and D: floating point (Unprivileged ISA, chapters F and D).
import MachineCore
import SoftFloat

extension Semantics {
    /// Raises illegal-instruction when the floating-point unit is off (mstatus.FS = 0).
    @inline(__always)
    mutating func requireFloat(_ i: Instruction) throws(Interruption) {
        let unit = and(loadState(StateField.mstatus, .double), constant(MachineStatus.fs))
        let bits = constant(UInt64(i.bits))
        try raise(if: isEqual(unit, constant(0)), ExceptionCause.illegalInstruction, bits)
    }

    /// Notes that floating-point state changed (mstatus.FS = dirty). Also done by operations that
    /// may only have set a flag: the manual allows FS to be dirty too often.
    @inline(__always)
    mutating func markFloatDirty() {
        let status = loadState(StateField.mstatus, .double)
        storeState(StateField.mstatus, or(status, constant(MachineStatus.fs)), .double)
    }

    /// The rounding mode of the instruction; modes 5 and 6, and a dynamic mode above 4, are illegal.
    @inline(__always)
    mutating func rounding(_ i: Instruction) throws(Interruption) -> Value {
        if i.rounding < 5 { return constant(UInt64(i.rounding)) }
        if i.rounding < 7 {
            try illegal(i)
            return constant(0)
        }
        let mode = loadState(StateField.floatRounding, .byte)
        let bits = constant(UInt64(i.bits))
        try raise(if: isLessUnsigned(constant(4), mode), ExceptionCause.illegalInstruction, bits)
        return mode
    }

    /// The bits of a register as `format`: a single that is not NaN-boxed reads as the canonical NaN.
    @inline(__always)
    mutating func f(_ register: UInt8, _ format: FloatFormat) -> Value {
        let value = loadState(StateField.f(register), .double)
        return format == .double ? value : unboxSingle(value)
    }

    /// Writes a register; singles (zero-extended bits) are NaN-boxed.
    @inline(__always)
    mutating func setF(_ register: UInt8, _ format: FloatFormat, _ value: Value) {
        let boxed = format == .double ? value : or(value, constant(0xffff_ffff_0000_0000))
        storeState(StateField.f(register), boxed, .double)
        markFloatDirty()
    }

    @inline(__always)
    mutating func floatArithmetic(
        _ i: Instruction, _ operation: FloatOperation, _ format: FloatFormat
    ) throws(Interruption) {
        try requireFloat(i)
        let mode = try rounding(i)
        let result = float(operation, rounding: mode, f(i.rs1, format), f(i.rs2, format), constant(0))
        setF(i.rd, format, result)
    }

    /// Minimum and maximum do not round; their funct3 is not a rounding mode.
    @inline(__always)
    mutating func floatSelect(
        _ i: Instruction, _ operation: FloatOperation, _ format: FloatFormat
    ) throws(Interruption) {
        try requireFloat(i)
        let result = float(
            operation, rounding: constant(0), f(i.rs1, format), f(i.rs2, format), constant(0))
        setF(i.rd, format, result)
    }

    /// `±(a * b) ± c`, with the signs of the product and of the addend flipped as asked.
    @inline(__always)
    mutating func floatMultiplyAdd(
        _ i: Instruction, negateProduct: Bool, negateAddend: Bool, _ format: FloatFormat
    ) throws(Interruption) {
        try requireFloat(i)
        let mode = try rounding(i)
        let sign = constant(format == .double ? 1 << 63 : 1 << 31)
        var a = f(i.rs1, format)
        var c = f(i.rs3, format)
        if negateProduct { a = xor(a, sign) }
        if negateAddend { c = xor(c, sign) }
        setF(i.rd, format, float(.multiplyAdd(format), rounding: mode, a, f(i.rs2, format), c))
    }

    @inline(__always)
    mutating func floatCompare(
        _ i: Instruction, _ operation: FloatOperation, _ format: FloatFormat
    ) throws(Interruption) {
        try requireFloat(i)
        let truth = float(
            operation, rounding: constant(0), f(i.rs1, format), f(i.rs2, format), constant(0))
        setX(i.rd, truth)
        markFloatDirty()
    }

    @inline(__always)
    mutating func floatClassify(_ i: Instruction, _ format: FloatFormat) throws(Interruption) {
        try requireFloat(i)
        let zero = constant(0)
        setX(i.rd, float(.classify(format), rounding: zero, f(i.rs1, format), zero, zero))
    }

    @inline(__always)
    mutating func injectSign(
        _ i: Instruction, _ kind: SignInjection, _ format: FloatFormat
    ) throws(Interruption) {
        try requireFloat(i)
        let mask = constant(format == .double ? 1 << 63 : 1 << 31)
        let a = f(i.rs1, format)
        if i.rs1 == i.rs2 {
            // The pseudo-instructions fmv, fneg and fabs.
            switch kind {
            case .copy: setF(i.rd, format, a)
            case .negate: setF(i.rd, format, xor(a, mask))
            case .multiply: setF(i.rd, format, and(a, complement(mask)))
            }
            return
        }
        let b = f(i.rs2, format)
        switch kind {
        case .copy: setF(i.rd, format, or(and(a, complement(mask)), and(b, mask)))
        case .negate: setF(i.rd, format, or(and(a, complement(mask)), and(complement(b), mask)))
        case .multiply: setF(i.rd, format, xor(a, and(b, mask)))
        }
    }

    @inline(__always)
    mutating func floatToInteger(
        _ i: Instruction, _ integer: FloatInteger, _ format: FloatFormat
    ) throws(Interruption) {
        try requireFloat(i)
        let mode = try rounding(i)
        let zero = constant(0)
        setX(i.rd, float(.toInteger(integer, from: format), rounding: mode, f(i.rs1, format), zero, zero))
        markFloatDirty()
    }

    @inline(__always)
    mutating func integerToFloat(
        _ i: Instruction, _ integer: FloatInteger, _ format: FloatFormat
    ) throws(Interruption) {
        try requireFloat(i)
        let mode = try rounding(i)
        let zero = constant(0)
        let operation = FloatOperation.fromInteger(integer, to: format)
        setF(i.rd, format, float(operation, rounding: mode, x(i.rs1), zero, zero))
    }

    @inline(__always)
    mutating func floatConvert(
        _ i: Instruction, from source: FloatFormat, to target: FloatFormat
    ) throws(Interruption) {
        try requireFloat(i)
        let mode = try rounding(i)
        let zero = constant(0)
        setF(i.rd, target, float(.convert(to: target), rounding: mode, f(i.rs1, source), zero, zero))
    }

    @inline(__always)
    mutating func floatLoad(_ i: Instruction, _ format: FloatFormat) throws(Interruption) {
        try requireFloat(i)
        setF(i.rd, format, try load(address(i), format == .double ? .double : .word))
    }

    @inline(__always)
    mutating func floatStore(_ i: Instruction, _ format: FloatFormat) throws(Interruption) {
        try requireFloat(i)
        let value = loadState(StateField.f(i.rs2), .double)
        try store(address(i), value, format == .double ? .double : .word)
    }

    /// Moves raw bits; a single moves without regard to its boxing.
    @inline(__always)
    mutating func moveToInteger(_ i: Instruction, _ format: FloatFormat) throws(Interruption) {
        try requireFloat(i)
        let value = loadState(StateField.f(i.rs1), .double)
        setX(i.rd, format == .double ? value : signExtend(value, from: .word))
    }

    @inline(__always)
    mutating func moveToFloat(_ i: Instruction, _ format: FloatFormat) throws(Interruption) {
        try requireFloat(i)
        setF(i.rd, format, format == .double ? x(i.rs1) : word(i.rs1))
    }
}

/// How a sign-injection instruction makes the sign of its result: that of the second operand, its
/// opposite, or the product of both.
enum SignInjection {
    case copy, negate, multiply
}
