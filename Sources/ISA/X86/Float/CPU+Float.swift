// The helper of x87 instructions.
import MachineCore

extension CPU {
    /// An x87 exception waits that is not reported as #MF: the machine's FERR# line is active, which PCs
    /// connect to interrupt 13 (Intel SDM volume 1, D.2).
    public var signalsFloatError: Bool {
        state.pointee.floatStatus & FloatStatus.summary != 0 && state.pointee.cr0 & CR0.numericError == 0
    }

    /// Performs an x87 instruction, or the part of it that the call says.
    /// - Parameter operand: the memory operand; its linear address for those that move the environment and
    ///   for the first part of stores. Operands of ten bytes are in `CPUState.scratch`.
    /// - Returns: the value to store, of the first part of stores.
    func performFloat(_ call: FloatCall, _ operand: UInt64) throws(FaultTaken) -> UInt64 {
        if call.isControl {
            try controlFloat(call, operand)
            return 0
        }
        var unit = FloatUnit(state)
        switch call.phase {
        case .prepare: return try prepareStore(call, &unit, at: operand)
        case .commit:
            unit.context.raise(UInt16(truncatingIfNeeded: state.pointee.scratch[1] >> 16))
            let isPopped = call.pops && !unit.context.blocksStore
            noteOperation(unit, call)
            if isPopped { unit.pop() }
        case .whole:
            unit.perform(call, memoryOperand(call, operand))
            noteOperation(unit, call)
        }
        return 0
    }

    private func memoryOperand(_ call: FloatCall, _ bits: UInt64) -> FloatOperand? {
        let isInteger: Bool
        switch call.operation {
        case .fild, .fiadd, .fimul, .ficom, .ficomp, .fisub, .fisubr, .fidiv, .fidivr: isInteger = true
        default: isInteger = false
        }
        switch call.width {
        case 2: return FloatContext.operand(of: Int64(Int16(truncatingIfNeeded: bits)))
        case 4 where isInteger: return FloatContext.operand(of: Int64(Int32(truncatingIfNeeded: bits)))
        case 8 where isInteger: return FloatContext.operand(of: Int64(bitPattern: bits))
        case 4: return FloatContext.operand(ofSingle: bits)
        case 8: return FloatContext.operand(ofDouble: bits)
        case 10:
            let (low, high) = (state.pointee.scratch[0], UInt16(truncatingIfNeeded: state.pointee.scratch[1]))
            if call.operation == .fbld { return FloatOperand(FloatContext.value(ofDecimal: low, high)) }
            return FloatOperand(Extended80(significand: low, signExponent: high))
        default: return nil
        }
    }

    /// Updates the status word and the pointers to the last operation. The opcode is noted only with an
    /// exception that is not masked (Intel SDM volume 1, 8.1.9.1).
    private func noteOperation(_ unit: FloatUnit, _ call: FloatCall) {
        state.pointee.floatInstruction = state.pointee.rip
        state.pointee.floatInstructionSelector = state.pointee.segments[SegmentRegister.cs].selector
        if unit.finish(keepsCondition1: call.keepsCondition1) { noteOpcode() }
    }

    /// Finds opcode and ModRM byte in the instruction's code, which has just been executed; where it can not
    /// be read any more the old opcode stays.
    private func noteOpcode() {
        var address = runtime.pointee.codeBase &+ state.pointee.rip
        var escape: UInt8 = 0
        for _ in 0..<Decoder.maximumLength {
            guard let place = try? physicalAddress(of: address, .fetch) else { return }
            let byte = UInt8(truncatingIfNeeded: loadPhysical(place, .byte))
            if escape != 0 {
                state.pointee.floatOpcode = UInt16(escape & 7) << 8 | UInt16(byte)
                return
            }
            if byte & 0xf8 == 0xd8 { escape = byte }
            address &+= 1
        }
    }

    // MARK: Stores

    /// The value that a store puts into memory. What it raises waits in `CPUState.scratch` for the second part.
    private func prepareStore(
        _ call: FloatCall, _ unit: inout FloatUnit, at address: UInt64
    ) throws(FaultTaken) -> UInt64 {
        let isEmpty = unit.isEmpty(0)
        let a = isEmpty ? FloatOperand(unit.context.stackUnderflow(), kind: .quietNaN) : unit.operand(0)
        var (low, high): (UInt64, UInt16) = (0, 0)
        switch call.operation {
        case .fist, .fistp: low = unit.context.integer(a, width: call.width, truncates: false)
        case .fisttp: low = unit.context.integer(a, width: call.width, truncates: true)
        case .fbstp: (low, high) = unit.context.decimal(a)
        default:
            switch call.width {
            case 4: low = unit.context.single(a)
            case 8: low = unit.context.double(a)
            default: (low, high) = (a.value.significand, a.value.signExponent)
            }
        }
        if unit.context.blocksStore {
            // What the result would have been is not told either.
            unit.context.raised &= ~(FloatStatus.inexact | (isEmpty ? 0 : FloatStatus.condition1))
            // Memory keeps what it has.
            low = try slowLoad(address, call.width == 10 ? .double : AccessWidth(bytes: call.width))
            if call.width == 10 { high = UInt16(truncatingIfNeeded: try slowLoad(address &+ 8, .half)) }
        } else if call.width == 10 && Self.crossesPage(address, 10) {
            // Both pages are checked before a byte is written.
            _ = try physicalAddress(of: address, .write)
            _ = try physicalAddress(of: address &+ 9, .write)
        }
        state.pointee.scratch[0] = low
        state.pointee.scratch[1] = UInt64(high) | UInt64(unit.context.raised) << 16
        return low
    }
}
