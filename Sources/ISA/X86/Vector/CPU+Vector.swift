// Operations on MMX and XMM registers: where operands are, and where results go (Intel SDM volume 2).
import MachineCore

extension CPU {
    /// Performs a vector instruction.
    /// - Parameter operand: the value of a general register that is a source, or a linear address.
    /// - Returns: the result, where it goes to a general register or memory.
    func performVector(_ call: VectorCall, _ operand: UInt64) throws(FaultTaken) -> UInt64 {
        // What may fault comes before any change of state.
        if call.operation == .maskmovdqu || call.operation == .maskmovq {
            try storeMaskedBytes(call, at: operand)
        }
        if call.isMMX || call.operation == .emms { enterMMX() }
        switch call.operation {
        case .maskmovdqu, .maskmovq: break
        case .emms: state.pointee.floatInUse = 0
        case .ldmxcsr: try loadVectorControl(operand)
        case .stmxcsr: return UInt64(state.pointee.mxcsr)
        case .ptest: testVectors(first(call), second(call, operand))
        case .pcmpestrm, .pcmpestri, .pcmpistrm, .pcmpistri: compareStrings(call, second(call, operand))
        case .comiss, .comisd, .ucomiss, .ucomisd: try compareFloats(call, first(call), second(call, operand))
        case .pblendvb, .blendvps, .blendvpd:
            let mask = vectorRegister(0)
            setFirst(call, VectorShuffle.blended(call, first(call), second(call, operand), mask: mask))
        default: return try computeVector(call, operand)
        }
        return 0
    }

    private func computeVector(_ call: VectorCall, _ operand: UInt64) throws(FaultTaken) -> UInt64 {
        let (a, b) = (first(call), second(call, operand))
        if call.firstKind == .general || call.firstKind == .memory {
            if let value = VectorExtraction.value(call, b) { return value }
            return try convertToGeneral(call, b)
        }
        if let family = VectorFamilies.integer(call.operation), let result = family(call, a, b) {
            setFirst(call, result)
        } else {
            try computeVectorFloat(call, a, b)
        }
        return 0
    }

    // MARK: Operands

    func vectorRegister(_ number: Int) -> Vector128 {
        Vector128(state.pointee.vectors[number * 2], state.pointee.vectors[number * 2 + 1])
    }

    func setVectorRegister(_ number: Int, _ value: Vector128) {
        state.pointee.vectors[number * 2] = value.low
        state.pointee.vectors[number * 2 + 1] = value.high
    }

    private func first(_ call: VectorCall) -> Vector128 {
        switch call.firstKind {
        case .vector: vectorRegister(call.first)
        case .mmx: Vector128(state.pointee.floatSignificands[call.first & 7])
        default: .zero
        }
    }

    private func second(_ call: VectorCall, _ operand: UInt64) -> Vector128 {
        switch call.secondKind {
        case .vector: vectorRegister(call.second)
        case .mmx: Vector128(state.pointee.floatSignificands[call.second & 7])
        case .general: Vector128(operand)
        case .memory: Vector128(state.pointee.scratch[0], state.pointee.scratch[1])
        // An immediate value, or nothing.
        case .none: Vector128(UInt64(call.immediate))
        }
    }

    func setFirst(_ call: VectorCall, _ value: Vector128) {
        switch call.firstKind {
        case .vector: setVectorRegister(call.first, value)
        case .mmx:
            state.pointee.floatSignificands[call.first & 7] = value.low
            state.pointee.floatExponents[call.first & 7] = 0xffff
        default: break
        }
    }

    // MARK: MMX and control

    /// What MMX instructions raise where x87 has an exception waiting (Intel SDM volume 3, table 13-1).
    func checkMMX() throws(FaultTaken) {
        if state.pointee.floatStatus & 0x80 != 0 { throw fault(Fault.float) }
    }

    /// The first MMX instruction makes all registers valid, and the stack begins at the first (Intel SDM volume 1,
    /// 9.5.1).
    private func enterMMX() {
        state.pointee.floatStatus &= ~0x3800
        state.pointee.floatInUse = 0xff
    }

    private func loadVectorControl(_ value: UInt64) throws(FaultTaken) {
        guard value & ~0xffff == 0 else { throw fault(Fault.generalProtection) }
        state.pointee.mxcsr = UInt32(value)
    }

    private func storeMaskedBytes(_ call: VectorCall, at address: UInt64) throws(FaultTaken) {
        let (data, mask) = (first(call), second(call, 0))
        for index in 0..<(call.isMMX ? 8 : 16) where mask.lane(index, UInt8.self) & 0x80 != 0 {
            try slowStore(address &+ UInt64(index), UInt64(data.lane(index, UInt8.self)), .byte)
        }
    }

    /// `ptest`: ZF when no bit is set in both, CF when the first has all bits of the second.
    private func testVectors(_ a: Vector128, _ b: Vector128) {
        let isZero = a.low & b.low | a.high & b.high == 0
        let isCovered = ~a.low & b.low | ~a.high & b.high == 0
        state.pointee.statusFlags = (isZero ? RFlags.zero : 0) | (isCovered ? RFlags.carry : 0)
    }
}
