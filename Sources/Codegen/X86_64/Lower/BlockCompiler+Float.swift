// Floating point in vector registers.
//
// Exceptions accumulate in the host's status word, which is merged into the guest's flags whenever
// something may look at them. The host differs from the guest in the NaN that operations deliver, in
// minimum and maximum of NaNs and zeros, and in conversions that are out of range: those cases are told
// apart by one comparison and done out of line, most of them in software.
import IR
import MachineCore
import SoftFloat

extension BlockCompiler {
    mutating func emitFloat(_ instruction: IRInstruction) {
        guard let operation = FloatOperation(irCode: instruction.detail) else {
            isUnsupported = true
            return
        }
        switch operation {
        case .add(let format): emitScalar(.add, instruction, format)
        case .subtract(let format): emitScalar(.sub, instruction, format)
        case .multiply(let format): emitScalar(.mul, instruction, format)
        case .divide(let format): emitScalar(.div, instruction, format)
        case .squareRoot(let format): emitSquareRoot(instruction, format)
        case .multiplyAdd(let format): emitMultiplyAdd(instruction, format)
        case .minimum(let format): emitMinimum(instruction, format, isMaximum: false)
        case .maximum(let format): emitMinimum(instruction, format, isMaximum: true)
        case .isEqual(let format): emitEqual(instruction, format)
        case .isLess(let format): emitLess(instruction, format, orEqual: false)
        case .isLessOrEqual(let format): emitLess(instruction, format, orEqual: true)
        case .classify(let format): emitClassify(instruction, format)
        case .convert(to: let format): emitConvert(instruction, to: format)
        case .fromInteger(let kind, to: let format): emitFromInteger(instruction, kind, format)
        case .toInteger(let kind, from: let format): emitToInteger(instruction, kind, format)
        }
    }

    // MARK: Operands and results

    /// The register for a floating-point result. It is taken before any jump out of line: code that frees
    /// a register must not be skipped. Such jumps come before the result is written, so it may be the
    /// register of an operand.
    mutating func floatResult() -> VectorRegister { resultVector(position) }

    private mutating func finishFloat(_ register: VectorRegister, isSingle: Bool) {
        setLocation(position, isSingle ? .vectorSingle(register) : .vector(register))
    }

    /// The right operand: in memory if it is there and this is its last use.
    enum VectorOperand {
        case register(VectorRegister)
        case memory(Int32)
    }

    mutating func vectorOperand(_ value: Int32, isSingle: Bool) -> VectorOperand {
        var source = value
        if isSingle, definition(value).op == .unboxSingle, location(value) == .deferred {
            source = definition(value).a
        }
        if case .field(let offset) = location(source), values[Int(source)].lastUse == position {
            return .memory(offset)
        }
        return .register(vector(value, asSingle: isSingle))
    }

    private func stubOperand(_ operand: VectorOperand, _ isSingle: Bool) -> FloatOperand {
        switch operand {
        case .register(let register): .vector(register, single: isSingle)
        case .memory(let offset): .memory(offset, single: isSingle)
        }
    }

    /// Makes sure that the host rounds as the instruction wants; where it does not, gives the position
    /// of a jump to take to software.
    private mutating func checkRounding(_ rounding: Int32) -> Int? {
        let mode = stateOperand(Int32(environment.floatRoundingOffset))
        if let known = constant(rounding) {
            // The host can not round ties away from zero.
            if known == UInt64(RoundingMode.nearestAway.rawValue) { return assembler.jumpRelative() }
            // The host rounds by the guest's current mode.
            assembler.arithmetic(.cmp, mode, Int32(truncatingIfNeeded: known & 7), width: .byte)
            return assembler.jumpRelative(.notEqual)
        }
        if hasCheckedRounding { return nil }
        hasCheckedRounding = true
        assembler.arithmetic(.cmp, mode, Int32(RoundingMode.nearestAway.rawValue), width: .byte)
        var stub = Stub(.bail, patch: assembler.jumpRelative(.equal))
        stub.site = site()
        addStub(stub)
        return nil
    }

    private func softwareCode(_ instruction: IRInstruction) -> UInt64 {
        // A rounding mode of 7 stands for the guest's current one.
        UInt64(instruction.detail) | (constant(instruction.a) ?? 7) << 16
    }

    private mutating func addSoftware(
        _ patch: Int?, _ instruction: IRInstruction, _ a: FloatOperand, _ b: FloatOperand = .none,
        _ c: FloatOperand = .none, _ result: FloatResult
    ) {
        guard let patch else { return }
        var stub = Stub(
            .float(code: softwareCode(instruction), a: a, b: b, c: c, result: result), patch: patch)
        stub.back = assembler.count
        addStub(stub)
    }

    private mutating func canonicalize(_ register: VectorRegister, isSingle: Bool) {
        assembler.ucomis(register, register, single: isSingle)
        var stub = Stub(.canonicalNaN(register, single: isSingle), patch: assembler.jumpRelative(.parity))
        stub.back = assembler.count
        addStub(stub)
    }

    mutating func loadConstant(_ register: VectorRegister, _ bits: UInt64, single: Bool) {
        guard let constant = VectorConstant.with(bits) else {
            isUnsupported = true
            return
        }
        if single {
            assembler.loadSingle(register, stateOperand(constant.displacement))
        } else {
            assembler.loadDouble(register, stateOperand(constant.displacement))
        }
    }

    // MARK: Arithmetic

    private mutating func emitScalar(_ op: VectorOp, _ instruction: IRInstruction, _ format: FloatFormat) {
        let isSingle = format == .single
        let a = vector(instruction.b, asSingle: isSingle)
        let b = vectorOperand(instruction.c, isSingle: isSingle)
        let target = floatResult()
        let software = checkRounding(instruction.a)
        switch b {
        case .register(let register): assembler.scalar(op, target, a, register, single: isSingle)
        case .memory(let offset): assembler.scalar(op, target, a, stateOperand(offset), single: isSingle)
        }
        canonicalize(target, isSingle: isSingle)
        addSoftware(
            software, instruction, .vector(a, single: isSingle), stubOperand(b, isSingle), .none,
            .vector(target))
        finishFloat(target, isSingle: isSingle)
    }

    private mutating func emitSquareRoot(_ instruction: IRInstruction, _ format: FloatFormat) {
        let isSingle = format == .single
        let a = vector(instruction.b, asSingle: isSingle)
        let target = floatResult()
        let software = checkRounding(instruction.a)
        assembler.scalar(.sqrt, target, a, a, single: isSingle)
        canonicalize(target, isSingle: isSingle)
        addSoftware(software, instruction, .vector(a, single: isSingle), .none, .none, .vector(target))
        finishFloat(target, isSingle: isSingle)
    }

    /// Where the result is a NaN, software decides: infinity times zero plus a quiet NaN is invalid for
    /// the guest, and silent on the host.
    private mutating func emitMultiplyAdd(_ instruction: IRInstruction, _ format: FloatFormat) {
        let isSingle = format == .single
        let a = vector(instruction.b, asSingle: isSingle)
        let b = vectorOperand(instruction.c, isSingle: isSingle)
        let c = vector(instruction.d, asSingle: isSingle)
        let software = checkRounding(instruction.a)
        let work = HostRole.scratchVector
        switch b {
        case .register(let register):
            assembler.vmovaps(work, a)
            assembler.fmadd213(work, register, c, single: isSingle)
        case .memory(let offset):
            assembler.vmovaps(work, a)
            assembler.fmadd132(work, c, stateOperand(offset), single: isSingle)
        }
        assembler.ucomis(work, work, single: isSingle)
        let isNaN = assembler.jumpRelative(.parity)
        let operands = (
            FloatOperand.vector(a, single: isSingle), stubOperand(b, isSingle),
            FloatOperand.vector(c, single: isSingle)
        )
        // Out of line the result goes to the scratch register, where the straight line has it.
        addSoftware(isNaN, instruction, operands.0, operands.1, operands.2, .vector(work))
        addSoftware(software, instruction, operands.0, operands.1, operands.2, .vector(work))
        // Out of line comes back before this point, so that nobody reads the operands any more.
        lockedVector = 0
        let target = floatResult()
        assembler.vmovaps(target, work)
        finishFloat(target, isSingle: isSingle)
    }

    private mutating func emitMinimum(_ instruction: IRInstruction, _ format: FloatFormat, isMaximum: Bool) {
        let isSingle = format == .single
        let a = vector(instruction.b, asSingle: isSingle)
        let b = vector(instruction.c, asSingle: isSingle)
        let work = HostRole.scratchVector
        assembler.ucomis(a, b, single: isSingle)
        let isNaN = assembler.jumpRelative(.parity)
        let differ = assembler.jumpShort(.notEqual)
        // Equal, and perhaps zeros of both signs: the negative one is the smaller.
        if isMaximum { assembler.vand(work, a, b) } else { assembler.vor(work, a, b) }
        let done = assembler.jumpShort()
        assembler.patchShort(at: differ, to: assembler.count)
        assembler.scalar(isMaximum ? .max : .min, work, a, b, single: isSingle)
        assembler.patchShort(at: done, to: assembler.count)
        addSoftware(
            isNaN, instruction, .vector(a, single: isSingle), .vector(b, single: isSingle), .none,
            .vector(work))
        let target = floatResult()
        assembler.vmovaps(target, work)
        finishFloat(target, isSingle: isSingle)
    }

    // MARK: Comparisons

    private mutating func emitEqual(_ instruction: IRInstruction, _ format: FloatFormat) {
        let isSingle = format == .single
        let a = vector(instruction.b, asSingle: isSingle)
        let b = vector(instruction.c, asSingle: isSingle)
        assembler.ucomis(a, b, single: isSingle)
        let target = integerResult()
        assembler.setcc(.noParity, HostRole.scratchA)
        assembler.moveImmediate(HostRole.scratchB, 0)
        assembler.cmov(.notEqual, HostRole.scratchA, HostRole.scratchB)
        assembler.zeroExtend(target, HostRole.scratchA, width: .byte)
        finish(target)
    }

    /// a < b is b > a, which is false for NaNs on the host too.
    private mutating func emitLess(_ instruction: IRInstruction, _ format: FloatFormat, orEqual: Bool) {
        let isSingle = format == .single
        let a = vector(instruction.b, asSingle: isSingle)
        let b = vector(instruction.c, asSingle: isSingle)
        assembler.comis(b, a, single: isSingle)
        let target = integerResult()
        assembler.setcc(orEqual ? .aboveOrEqual : .above, HostRole.scratchA)
        assembler.zeroExtend(target, HostRole.scratchA, width: .byte)
        finish(target)
    }

    private mutating func emitClassify(_ instruction: IRInstruction, _ format: FloatFormat) {
        let isSingle = format == .single
        let a = vector(instruction.b, asSingle: isSingle)
        let target = integerResult()
        let always = assembler.jumpRelative()
        addSoftware(always, instruction, .vector(a, single: isSingle), .none, .none, .general(target))
        finish(target)
    }

    // MARK: Conversions

    private mutating func emitConvert(_ instruction: IRInstruction, to format: FloatFormat) {
        // The operand has the other format.
        let isSingle = format == .double
        let a = vector(instruction.b, asSingle: isSingle)
        let target = floatResult()
        let software = format == .single ? checkRounding(instruction.a) : nil
        if format == .double {
            assembler.convertSingleToDouble(target, a, a)
        } else {
            assembler.convertDoubleToSingle(target, a, a)
        }
        canonicalize(target, isSingle: format == .single)
        addSoftware(software, instruction, .vector(a, single: isSingle), .none, .none, .vector(target))
        finishFloat(target, isSingle: format == .single)
    }

    private mutating func emitFromInteger(
        _ instruction: IRInstruction, _ kind: FloatInteger, _ format: FloatFormat
    ) {
        let isSingle = format == .single
        let source = general(instruction.b)
        let isExact = !isSingle && (kind == .signed32 || kind == .unsigned32)
        let target = floatResult()
        let software = isExact ? nil : checkRounding(instruction.a)
        var tooLarge: Int?
        var operand = source
        if kind == .unsigned32 {
            assembler.move32(HostRole.scratchA, source)
            operand = HostRole.scratchA
        } else if kind == .unsigned64 {
            assembler.test(source, source)
            tooLarge = assembler.jumpRelative(.sign)
        }
        // A fresh register: the conversion keeps the rest of it, and would wait for it.
        assembler.vxor(target, target, target)
        let width: AccessWidth = kind == .signed32 ? .word : .double
        assembler.convertFromInteger(target, target, operand, width: width, single: isSingle)
        addSoftware(software, instruction, .general(source), .none, .none, .vector(target))
        addSoftware(tooLarge, instruction, .general(source), .none, .none, .vector(target))
        finishFloat(target, isSingle: isSingle)
    }

    private mutating func emitToInteger(
        _ instruction: IRInstruction, _ kind: FloatInteger, _ format: FloatFormat
    ) {
        let isSingle = format == .single
        let a = vector(instruction.b, asSingle: isSingle)
        let target = integerResult()
        let operand = FloatOperand.vector(a, single: isSingle)
        var software: [Int] = []
        let mode = constant(instruction.a)
        if mode == nil, let patch = checkRounding(instruction.a) { software.append(patch) }
        if mode == UInt64(RoundingMode.nearestAway.rawValue) { software.append(assembler.jumpRelative()) }
        var source = a
        // The host converts to signed integers: what does not fit must not raise anything there.
        if kind == .unsigned32 { software += emitWordRangeCheck(a, isSingle) }
        if kind == .unsigned64 { software += emitRangeCheck(a, kind, isSingle) }
        if let mode, mode != UInt64(RoundingMode.towardZero.rawValue) {
            // In two steps, of which the second is exact. Out of range the first has raised nothing
            // but inexact, so what does not fit is found before.
            source = HostRole.scratchVector
            if kind != .unsigned64 { software += emitRangeCheck(a, kind, isSingle) }
            assembler.round(source, a, a, Self.roundingImmediate(mode), single: isSingle)
        }
        let width: AccessWidth = kind == .signed32 ? .word : .double
        assembler.convertToInteger(
            HostRole.scratchA, source, width: width, truncate: mode != nil, single: isSingle)
        // The host's answer to everything out of range is the smallest integer.
        assembler.arithmetic(.cmp, HostRole.scratchA, 1, width: width)
        software.append(assembler.jumpRelative(.overflow))
        if kind == .unsigned64 {
            assembler.test(HostRole.scratchA, HostRole.scratchA)
            software.append(assembler.jumpRelative(.sign))
        }
        if kind == .signed32 || kind == .unsigned32 {
            assembler.signExtend(target, HostRole.scratchA, width: .word)
        } else {
            assembler.move(target, HostRole.scratchA)
        }
        for patch in software { addSoftware(patch, instruction, operand, .none, .none, .general(target)) }
        finish(target)
    }

    /// Jumps for values that are not in 0 to 2^32 - 1: the conversion to 64 bits would raise inexact for
    /// what is out of range for 32.
    private mutating func emitWordRangeCheck(_ a: VectorRegister, _ isSingle: Bool) -> [Int] {
        let work = HostRole.scratchVector
        assembler.vxor(work, work, work)
        assembler.ucomis(a, work, single: isSingle)
        var patches = [assembler.jumpRelative(.parity), assembler.jumpRelative(.below)]
        let source: VectorRegister
        if isSingle {
            assembler.convertSingleToDouble(work, a, a)
            source = work
        } else {
            source = a
        }
        let limit = stateOperand(VectorConstant.largestWord.displacement)
        assembler.ucomis(source, limit, single: false)
        patches.append(assembler.jumpRelative(.above))
        return patches
    }

    /// Jumps for values that a truncation could not convert either, or nearly so.
    private mutating func emitRangeCheck(
        _ a: VectorRegister, _ kind: FloatInteger, _ isSingle: Bool
    ) -> [Int] {
        if kind == .unsigned32 { return [] }
        // The exponent of the value decides: from 2^30 or 2^62 on, software.
        let isWord = kind == .signed32
        if isSingle {
            assembler.move32(HostRole.scratchA, a)
            assembler.shift(.shr, HostRole.scratchA, 23, width: .double)
            assembler.arithmetic(.and, HostRole.scratchA, 0xff, width: .word)
            assembler.arithmetic(.cmp, HostRole.scratchA, 127 + (isWord ? 30 : 62), width: .word)
        } else {
            assembler.move(HostRole.scratchA, a)
            assembler.shift(.shr, HostRole.scratchA, 52, width: .double)
            assembler.arithmetic(.and, HostRole.scratchA, 0x7ff, width: .word)
            assembler.arithmetic(.cmp, HostRole.scratchA, 1023 + (isWord ? 30 : 62), width: .word)
        }
        var patches = [assembler.jumpRelative(.aboveOrEqual)]
        if kind == .unsigned64 {
            // Negative values: what does not round to zero is invalid.
            assembler.vxor(HostRole.scratchVector, HostRole.scratchVector, HostRole.scratchVector)
            assembler.ucomis(a, HostRole.scratchVector, single: isSingle)
            patches.append(assembler.jumpRelative(.below))
        }
        return patches
    }

    /// The immediate of the host's rounding instruction (Intel SDM volume 2, ROUNDSD).
    private static func roundingImmediate(_ mode: UInt64) -> UInt8 {
        switch mode {
        case UInt64(RoundingMode.down.rawValue): 1
        case UInt64(RoundingMode.up.rawValue): 2
        case UInt64(RoundingMode.towardZero.rawValue): 3
        default: 0
        }
    }

    // MARK: Bits

    /// Logic on values that are in vector registers, or are wanted there. False when it is better done
    /// in general registers.
    mutating func emitVectorLogic(_ instruction: IRInstruction) -> Bool {
        guard instruction.op == .and || instruction.op == .or || instruction.op == .xor,
            isInVector(instruction.a)
        else { return false }
        var isSingle = false
        if case .vectorSingle = location(instruction.a) { isSingle = true }
        if definition(instruction.a).op == .unboxSingle { isSingle = true }
        if let bits = constant(instruction.b) {
            guard let constant = VectorConstant.with(bits) else { return false }
            let a = vector(instruction.a, asSingle: isSingle)
            let target = resultVector(position)
            emitLogic(instruction.op, target, a, stateOperand(constant.displacement))
            // Ored with the box, the bits above a single are specified again.
            finishFloat(target, isSingle: isSingle && constant != .boxOfSingle)
            return true
        }
        guard isInVector(instruction.b) else { return false }
        if case .vectorSingle = location(instruction.b) { isSingle = true }
        let a = vector(instruction.a, asSingle: isSingle)
        let b = vector(instruction.b, asSingle: isSingle)
        let target = resultVector(position)
        switch instruction.op {
        case .and: assembler.vand(target, a, b)
        case .or: assembler.vor(target, a, b)
        default: assembler.vxor(target, a, b)
        }
        finishFloat(target, isSingle: isSingle)
        return true
    }

    private mutating func emitLogic(
        _ op: IROp, _ target: VectorRegister, _ a: VectorRegister, _ constant: MemoryOperand
    ) {
        switch op {
        case .and: assembler.vand(target, a, constant)
        case .or: assembler.vor(target, a, constant)
        default: assembler.vxor(target, a, constant)
        }
    }

    private func isInVector(_ value: Int32) -> Bool {
        switch location(value) {
        case .vector, .vectorSingle: true
        case .deferred where definition(value).op == .unboxSingle: isInVector(definition(value).a)
        default: false
        }
    }

    /// Leaves for the interpreter when the register does not hold a boxed single, which hardly happens.
    mutating func emitUnboxCheck(_ instruction: IRInstruction) {
        switch location(instruction.a) {
        case .field(let offset):
            assembler.arithmetic(.cmp, stateOperand(offset + 4), -1, width: .word)
        case .general(let register):
            assembler.move(HostRole.scratchA, register)
            assembler.shift(.sar, HostRole.scratchA, 32, width: .double)
            assembler.arithmetic(.cmp, HostRole.scratchA, -1, width: .word)
        default:
            let register = vector(instruction.a)
            assembler.vpsrlq(HostRole.scratchVector, register, 32)
            assembler.move32(HostRole.scratchA, HostRole.scratchVector)
            assembler.arithmetic(.cmp, HostRole.scratchA, -1, width: .word)
        }
        var stub = Stub(.bail, patch: assembler.jumpRelative(.notEqual))
        stub.site = site()
        addStub(stub)
    }
}
