// Instructions on XMM registers that become the same instructions of the host.
import IR
import MachineCore

extension IRBuilder {
    mutating func computeVectorDirectly(_ i: Instruction) -> Bool {
        guard i.isPureVector, let plan = VectorPlan.of(i) else { return false }
        if plan.usesControl { leaveIfExceptionsAreUnmasked() }
        switch plan.kind {
        case .copy: copyVector(i, 16)
        case .copyPart: copyVector(i, UInt16(max(i.a.kind == .memory ? i.a.width : i.b.width, 4)))
        case .operation(let form): perform(form, i)
        }
        return true
    }

    /// Exceptions that are not masked are the interpreter's.
    private mutating func leaveIfExceptionsAreUnmasked() {
        let masks = constant(0x1f80)
        let set = and(loadState(StateField.mxcsr, .word), masks)
        raise(if: not(isEqual(set, masks)), Fault.vectorFloat, constant(0))
    }

    private func field(_ operand: Operand) -> Int { StateField.vector(operand.number, half: 0) }

    // MARK: Moves

    private mutating func copyVector(_ i: Instruction, _ byteCount: UInt16) {
        if i.a.kind == .memory {
            return storeVector(address(i, byteCount, writes: true), byteCount: byteCount, from: field(i.b))
        }
        if i.b.kind == .memory {
            return loadVector(address(i, byteCount, writes: false), byteCount: byteCount, into: field(i.a))
        }
        // MOVUPS (fields need not be aligned) and MOVQ between registers; the shorter scalars replace a part: BLENDPS.
        var move = VectorOperation(.unary, opcode: 0x10, prefix: 0, map: 1)
        switch i.operation {
        case .movq: move = VectorOperation(.unary, opcode: 0x7e, prefix: 2, map: 1)
        case .movss, .movsd:
            move = VectorOperation(.binary, opcode: 0x0c, prefix: 1, map: 3)
            move.immediate = i.operation == .movss ? 1 : 3
        default: break
        }
        (move.first, move.second) = (field(i.a), field(i.b))
        vector(move)
    }

    private mutating func address(_ i: Instruction, _ byteCount: UInt16, writes: Bool) -> IRValue {
        let count = UInt8(truncatingIfNeeded: byteCount)
        let address = writes ? writeAddress(i, count) : readAddress(i, count)
        if byteCount == 16, i.needsAlignment {
            let isMisplaced = not(isEqual(and(address, constant(15)), constant(0)))
            raise(if: isMisplaced, Fault.generalProtection, constant(0))
        }
        return address
    }

    // MARK: Operations

    private mutating func perform(_ form: VectorOperation.Form, _ i: Instruction) {
        var operation = VectorOperation(form, opcode: i.opcode, prefix: VectorPlan.prefix(i), map: i.opcodeMap)
        if i.c.kind == .immediate { operation.immediate = VectorPlan.immediate(i) }
        if i.a.kind == .vector { operation.first = field(i.a) }
        switch form {
        case .shift:
            operation.immediate = UInt8(truncatingIfNeeded: i.immediate)
            operation.extension = VectorPlan.shiftExtension(i.operation)
            vector(operation)
        case .fromGeneral, .fromGeneralUnary:
            operation.isWide = i.b.width == 8
            vector(operation, read(i.b, i))
        case .toGeneral, .toGeneralReversed:
            operation.isWide = i.a.width == 8
            operation.second = source(i)
            let value = vector(operation)
            write(i.a, value, i)
        case .compare:
            operation.second = source(i)
            setFlags(vector(operation))
        case .binary, .unary:
            operation.second = source(i)
            vector(operation)
        }
    }

    /// The field with the second operand: what is in memory is read first.
    private mutating func source(_ i: Instruction) -> Int {
        guard i.b.kind == .memory else { return field(i.b) }
        let count = UInt16(i.b.width)
        loadVector(address(i, count, writes: false), byteCount: count, into: StateField.scratch)
        return StateField.scratch
    }
}

/// How an instruction is carried out by the host.
private struct VectorPlan {
    enum Kind {
        /// All of a register moves.
        case copy
        /// The low 4 or 8 bytes move; what comes from memory clears the rest.
        case copyPart
        case operation(VectorOperation.Form)
    }

    let kind: Kind
    /// MXCSR says how, and takes exceptions.
    var usesControl = false

    /// The plan for `i`; nil where the interpreter's unit serves.
    static func of(_ i: Instruction) -> VectorPlan? {
        guard i.prefixes.isDisjoint(with: .vex), let plan = table[Int(i.operation.rawValue)] else { return nil }
        let hasShortMemory = i.b.kind == .memory && (i.b.width == 1 || i.b.width == 2)
        switch plan.kind {
        case .copy: return plan
        case .copyPart: return i.a.kind == .register || i.b.kind == .register ? move(i) : plan
        case .operation(.fromGeneral): return plan
        case .operation(.binary) where i.b.kind == .immediate: return VectorPlan(kind: .operation(.shift))
        case .operation: return hasShortMemory ? nil : reversed(i) ?? plan
        }
    }

    /// MOVD and MOVQ with a general register.
    private static func move(_ i: Instruction) -> VectorPlan {
        VectorPlan(kind: .operation(i.a.kind == .register ? .toGeneralReversed : .fromGeneralUnary))
    }

    /// PEXTRW has two encodings.
    private static func reversed(_ i: Instruction) -> VectorPlan? {
        i.operation == .pextrw && i.opcodeMap == 3 ? VectorPlan(kind: .operation(.toGeneralReversed)) : nil
    }

    static func prefix(_ i: Instruction) -> UInt8 {
        if i.prefixes.contains(.repeatEqual) { return 2 }
        if i.prefixes.contains(.repeatNotEqual) { return 3 }
        return i.prefixes.contains(.operandSize) ? 1 : 0
    }

    /// Of the predicates of comparisons only eight exist without VEX.
    static func immediate(_ i: Instruction) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: i.immediate)
        switch i.operation {
        case .cmpps, .cmppd, .cmpss, .cmpsd: return value & 7
        default: return value
        }
    }

    static func shiftExtension(_ operation: Operation) -> UInt8 {
        switch operation {
        case .psrldq: 3
        case .pslldq: 7
        case .psrlw, .psrld, .psrlq: 2
        case .psraw, .psrad: 4
        default: 6
        }
    }

    // MARK: The table

    private static let copies: [Operation] = [
        .movaps, .movapd, .movups, .movupd, .movdqa, .movdqu, .lddqu, .movntps, .movntpd, .movntdq, .movntdqa,
    ]

    private static let parts: [Operation] = [.movss, .movsd, .movd, .movq]

    private static let unary: [Operation] = [
        .pshufd, .pshufhw, .pshuflw, .pabsb, .pabsw, .pabsd, .pmovsxbw, .pmovsxbd, .pmovsxbq, .pmovsxwd, .pmovsxwq,
        .pmovsxdq, .pmovzxbw, .pmovzxbd, .pmovzxbq, .pmovzxwd, .pmovzxwq, .pmovzxdq, .movsldup, .movshdup, .movddup,
        .aesimc, .aeskeygenassist, .phminposuw,
    ]

    private static let unaryFloats: [Operation] = [
        .sqrtps, .sqrtpd, .cvtdq2ps, .cvtps2dq, .cvttps2dq, .cvtps2pd, .cvtpd2ps, .cvtdq2pd, .cvtpd2dq, .cvttpd2dq,
        .roundps, .roundpd,
    ]

    private static let binary: [Operation] = [
        .punpcklbw, .punpcklwd, .punpckldq, .packsswb, .pcmpgtb, .pcmpgtw, .pcmpgtd, .packuswb, .punpckhbw, .punpckhwd,
        .punpckhdq, .packssdw, .pcmpeqb, .pcmpeqw, .pcmpeqd, .psrlw, .psrld, .psrlq, .psrldq, .paddq, .pmullw, .psubusb,
        .psubusw, .pminub, .pand, .paddusb, .paddusw, .pmaxub, .pandn, .pavgb, .psraw, .psrad, .pavgw, .pmulhuw,
        .pmulhw,
        .psubsb, .psubsw, .pminsw, .por, .paddsb, .paddsw, .pmaxsw, .pxor, .psllw, .pslld, .psllq, .pslldq, .pmuludq,
        .pmaddwd, .psadbw, .psubb, .psubw, .psubd, .psubq, .paddb, .paddw, .paddd, .pshufb, .phaddw, .phaddd, .phaddsw,
        .pmaddubsw, .phsubw, .phsubd, .phsubsw, .psignb, .psignw, .psignd, .pmulhrsw, .unpcklps, .unpcklpd, .unpckhps,
        .unpckhpd, .movlhps, .andps, .andpd, .andnps, .andnpd, .orps, .orpd, .xorps, .xorpd, .punpcklqdq, .punpckhqdq,
        .shufps, .shufpd, .pmuldq, .pcmpeqq, .packusdw, .pcmpgtq, .pminsb, .pminsd, .pminuw, .pminud, .pmaxsb, .pmaxsd,
        .pmaxuw, .pmaxud, .pmulld, .aesenc, .aesenclast, .aesdec, .aesdeclast, .blendps, .blendpd, .pblendw, .palignr,
        .mpsadbw, .pclmulqdq,
    ]

    private static let binaryFloats: [Operation] = [
        .sqrtss, .sqrtsd, .addps, .addpd, .addss, .addsd, .mulps, .mulpd, .mulss, .mulsd, .subps, .subpd, .subss,
        .subsd,
        .minps, .minpd, .minss, .minsd, .divps, .divpd, .divss, .divsd, .maxps, .maxpd, .maxss, .maxsd, .cvtss2sd,
        .cvtsd2ss, .haddpd, .haddps, .hsubpd, .hsubps, .cmpps, .cmppd, .cmpss, .cmpsd, .addsubpd, .addsubps, .roundss,
        .roundsd, .dpps, .dppd,
    ]

    /// By operation.
    private static let table: [VectorPlan?] = {
        var table = [VectorPlan?](repeating: nil, count: Operation.allCases.count)
        func add(_ operations: [Operation], _ kind: Kind, usesControl: Bool = false) {
            for operation in operations {
                table[Int(operation.rawValue)] = VectorPlan(kind: kind, usesControl: usesControl)
            }
        }
        add(copies, .copy)
        add(parts, .copyPart)
        add(unary, .operation(.unary))
        add(unaryFloats, .operation(.unary), usesControl: true)
        add(binary, .operation(.binary))
        add(binaryFloats, .operation(.binary), usesControl: true)
        add([.pinsrb, .pinsrw, .pinsrd], .operation(.fromGeneral))
        add([.cvtsi2ss, .cvtsi2sd], .operation(.fromGeneral), usesControl: true)
        add([.movmskps, .movmskpd, .pmovmskb, .pextrw], .operation(.toGeneral))
        add([.cvttss2si, .cvttsd2si, .cvtss2si, .cvtsd2si], .operation(.toGeneral), usesControl: true)
        add([.pextrb, .pextrd, .extractps], .operation(.toGeneralReversed))
        add([.ptest], .operation(.compare))
        add([.ucomiss, .ucomisd, .comiss, .comisd], .operation(.compare), usesControl: true)
        return table
    }()
}
