// MMX and SSE: how operands get to the helper that computes, and the moves that need none.
import MachineCore

extension Instruction {
    /// The operation is one on MMX or XMM registers.
    var isVector: Bool {
        [a, b].contains { $0.kind == .vector || $0.kind == .mmx } || operation == .emms || operation == .ldmxcsr
            || operation == .stmxcsr
    }

    private var usesMMX: Bool { a.kind == .mmx || b.kind == .mmx || operation == .emms }
    var isPureVector: Bool { !usesMMX }

    /// XMM registers or MXCSR have a part in it.
    fileprivate var usesVectorState: Bool {
        switch operation {
        case .cvtps2pi, .cvttps2pi, .cvtpd2pi, .cvttpd2pi: true
        default: !usesMMX || a.kind == .vector || b.kind == .vector
        }
    }

    /// 16 bytes in memory must lie at a multiple of 16 (Intel SDM volume 1, 10.4.1.1).
    var needsAlignment: Bool {
        switch operation {
        case .movups, .movupd, .movdqu, .lddqu, .pcmpestrm, .pcmpestri, .pcmpistrm, .pcmpistri: false
        default: true
        }
    }
}

extension X86Semantics {
    mutating func executeVector(_ i: Instruction) throws(Interruption) {
        try checkVector(i)
        if try computeVectorDirectly(i) { return }
        switch i.operation {
        case .ldmxcsr:
            _ = try help(.vector, constant(VectorCall(i).rawValue), read(i.a, i))
        case .stmxcsr: try write(i.a, help(.vector, constant(VectorCall(i).rawValue), constant(0)), i)
        case .maskmovdqu, .maskmovq: try storeMasked(i)
        default:
            if i.isPureVector, try moveVector(i) { return }
            try computeVector(i)
        }
    }

    /// The units can be switched off (Intel SDM volume 3, tables 2-2 and 13-1).
    private mutating func checkVector(_ i: Instruction) throws(Interruption) {
        let control = loadState(StateField.systemControl, .double)
        var missing = and(control, constant(CR0.emulation))
        if i.usesVectorState {
            let enabled = and(loadState(StateField.extensionControl, .double), constant(CR4.fxsave))
            missing = or(missing, xor(enabled, constant(CR4.fxsave)))
        }
        try raise(if: not(isEqual(missing, constant(0))), Fault.invalidOpcode, constant(0))
        try raise(if: not(isClear(control, CR0.taskSwitched)), Fault.deviceNotAvailable, constant(0))
        if !i.isPureVector { _ = try help(.checkFloat, constant(0), constant(0)) }
    }

    // MARK: Registers and memory

    mutating func half(_ number: UInt8, _ half: Int) -> Value {
        loadState(StateField.vector(number, half: half), .double)
    }

    private mutating func setHalf(_ number: UInt8, _ half: Int, _ value: Value) {
        storeState(StateField.vector(number, half: half), value, .double)
    }

    /// The address of a memory operand of 16 bytes.
    private mutating func wideAddress(_ i: Instruction, writes: Bool) throws(Interruption) -> Value {
        let address = writes ? try writeAddress(i, 16) : try readAddress(i, 16)
        if i.needsAlignment {
            let misplaced = not(isEqual(and(address, constant(15)), constant(0)))
            try raise(if: misplaced, Fault.generalProtection, constant(0))
        }
        return address
    }

    /// Both halves of a source of 16 bytes.
    private mutating func readWide(_ operand: Operand, _ i: Instruction) throws(Interruption) -> (Value, Value) {
        guard operand.kind == .memory else { return (half(operand.number, 0), half(operand.number, 1)) }
        let address = try wideAddress(i, writes: false)
        let low = try load(address, .double)
        return (low, try load(add(address, constant(8)), .double))
    }

    private mutating func writeWide(
        _ operand: Operand, _ low: Value, _ high: Value, _ i: Instruction
    ) throws(Interruption) {
        guard operand.kind == .memory else {
            setHalf(operand.number, 0, low)
            return setHalf(operand.number, 1, high)
        }
        let address = try wideAddress(i, writes: true)
        // The second half first: if that faults, nothing was written.
        try store(add(address, constant(8)), high, .double)
        try store(address, low, .double)
    }

    // MARK: Moves and logic

    /// Operations that are moves of halves; false when this is none.
    private mutating func moveVector(_ i: Instruction) throws(Interruption) -> Bool {
        switch i.operation {
        case .movaps, .movapd, .movups, .movupd, .movdqa, .movdqu, .lddqu, .movntps, .movntpd, .movntdq, .movntdqa:
            let (low, high) = try readWide(i.b, i)
            try writeWide(i.a, low, high, i)
        case .pxor, .xorps, .xorpd: try combine(i) { $0.xor($1, $2) }
        case .por, .orps, .orpd: try combine(i) { $0.or($1, $2) }
        case .pand, .andps, .andpd: try combine(i) { $0.and($1, $2) }
        case .pandn, .andnps, .andnpd: try combine(i) { $0.and($0.invert($1), $2) }
        case .movss, .movsd, .movd, .movq: try moveScalar(i)
        case .movlps, .movlpd, .movhps, .movhpd, .movlhps, .movhlps: try moveHalf(i)
        default: return false
        }
        return true
    }

    private mutating func combine(
        _ i: Instruction, _ body: (inout Self, Value, Value) -> Value
    ) throws(Interruption) {
        let (low, high) = try readWide(i.b, i)
        let a = i.a.number
        setHalf(a, 0, body(&self, half(a, 0), low))
        setHalf(a, 1, body(&self, half(a, 1), high))
    }

    /// Moves of 4 or 8 bytes. From memory or general registers, and for `movq`, the rest becomes zero.
    private mutating func moveScalar(_ i: Instruction) throws(Interruption) {
        if i.a.kind != .vector {
            return try write(i.a, half(i.b.number, 0), i)
        }
        guard i.b.kind == .vector else {
            setHalf(i.a.number, 0, try read(i.b, i))
            return setHalf(i.a.number, 1, constant(0))
        }
        let source = half(i.b.number, 0)
        if i.operation == .movss {
            let kept = and(half(i.a.number, 0), constant(~0xffff_ffff))
            setHalf(i.a.number, 0, or(kept, zeroExtend(source, from: .word)))
        } else {
            setHalf(i.a.number, 0, source)
            if i.operation == .movq { setHalf(i.a.number, 1, constant(0)) }
        }
    }

    private mutating func moveHalf(_ i: Instruction) throws(Interruption) {
        let isHigh = [.movhps, .movhpd, .movlhps].contains(i.operation)
        if i.a.kind == .memory { return try write(i.a, half(i.b.number, isHigh ? 1 : 0), i) }
        let source = i.b.kind == .memory ? try read(i.b, i) : half(i.b.number, i.operation == .movhlps ? 1 : 0)
        setHalf(i.a.number, isHigh ? 1 : 0, source)
    }

    // MARK: Everything else

    private mutating func computeVector(_ i: Instruction) throws(Interruption) {
        var operand = constant(0)
        if i.b.kind == .memory {
            let (low, high): (Value, Value)
            if i.b.width == 16 {
                (low, high) = try readWide(i.b, i)
            } else {
                (low, high) = (try read(i.b, i), constant(0))
            }
            storeState(StateField.scratch, low, .double)
            storeState(StateField.scratch + 8, high, .double)
        } else if i.b.kind == .register {
            operand = try read(i.b, i)
        }
        if i.a.kind == .memory, i.b.kind == .mmx {
            // The store may fault, and the helper changes x87's tags and top.
            try write(i.a, loadState(FloatField.significand(i.b.number), .double), i)
            _ = try help(.vector, constant(VectorCall(i).rawValue), operand)
            return
        }
        // Where the result goes to memory, the store may fault after the helper: it changes nothing then.
        let result = try help(.vector, constant(VectorCall(i).rawValue), operand)
        if i.a.kind == .register || i.a.kind == .memory { try write(i.a, result, i) }
    }

    /// `maskmovdqu`: the bytes whose mask has its top bit set go to where RDI points.
    private mutating func storeMasked(_ i: Instruction) throws(Interruption) {
        let offset = truncate(register(7), i.addressWidth)
        let address = try linear(offset, i.segment, i.isPureVector ? 16 : 8, writes: true, i)
        _ = try help(.vector, constant(VectorCall(i).rawValue), address)
    }
}
