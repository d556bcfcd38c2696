// x87 instructions: how their operands get to the helper that computes, and what they check before.
//
// Memory is accessed here, so that a fault comes before any change of state.
import MachineCore

extension X86Semantics {
    mutating func executeFloat(_ i: Instruction) throws(Interruption) {
        switch i.operation {
        case .fwait:
            let both = CR0.taskSwitched | CR0.monitorCoprocessor
            let control = and(loadState(FloatField.systemControl, .double), constant(both))
            try raise(if: isEqual(control, constant(both)), Fault.deviceNotAvailable, constant(0))
            try checkPendingFloat()
        case .fnop where i.opcode == 0xdb:
            // What was of use to the 8087 and the 80287 only. These do not wait.
            try checkFloatIsAvailable()
        case .fninit, .fnclex:
            try checkFloatIsAvailable()
            _ = try help(.float, constant(FloatCall(i).rawValue), constant(0))
        case .fnstcw, .fnstsw:
            try checkFloatIsAvailable()
            let place = i.operation == .fnstcw ? FloatField.control : FloatField.status
            try write(i.a, loadState(place, .half), i)
        case .fnstenv, .fnsave:
            try checkFloatIsAvailable()
            try moveFloatEnvironment(i, writes: true)
        case .fldenv, .frstor:
            try checkFloat()
            try moveFloatEnvironment(i, writes: false)
        case .fldcw:
            try checkFloat()
            _ = try help(.float, constant(FloatCall(i).rawValue), read(i.a, i))
        case .fst, .fstp, .fist, .fistp, .fisttp, .fbstp:
            try checkFloat()
            try storeFloat(i)
        default:
            try checkFloat()
            try computeFloat(i)
        }
    }

    // MARK: Checks

    /// x87 instructions are switched off by CR0.EM, and by CR0.TS until the registers belong to the task.
    private mutating func checkFloatIsAvailable() throws(Interruption) {
        let control = loadState(FloatField.systemControl, .double)
        let isAvailable = isClear(control, CR0.emulation | CR0.taskSwitched)
        try raise(if: not(isAvailable), Fault.deviceNotAvailable, constant(0))
    }

    /// An exception that an earlier instruction left is raised now, if CR0.NE says that it is reported in this way.
    /// Otherwise the machine reports it (`CPU.signalsFloatError`), and the CPU goes on as with IGNNE# (Intel SDM
    /// volume 1, 8.7).
    private mutating func checkPendingFloat() throws(Interruption) {
        let control = and(loadState(FloatField.systemControl, .double), constant(CR0.numericError))
        let waits = and(loadState(FloatField.status, .half), constant(UInt64(FloatStatus.summary)))
        // NE is bit 5 and ES bit 7.
        let both = and(shiftLeft(control, by: constant(2)), waits)
        try raise(if: not(isEqual(both, constant(0))), Fault.float, constant(0))
    }

    private mutating func checkFloat() throws(Interruption) {
        try checkFloatIsAvailable()
        try checkPendingFloat()
    }

    // MARK: Operands

    /// Computes with registers, and with a memory operand if there is one.
    private mutating func computeFloat(_ i: Instruction) throws(Interruption) {
        let memory = i.a.kind == .memory ? i.a : i.b
        var operand = constant(0)
        if memory.kind == .memory {
            let offset = effectiveAddress(i)
            let address = try linear(offset, i.segment, memory.width, writes: false, i)
            if memory.width == 10 {
                let low = try load(address, .double)
                let high = try load(truncate(add(address, constant(8)), i.is64Bit ? 8 : 4), .half)
                storeState(StateField.scratch, low, .double)
                storeState(StateField.scratch &+ 8, high, .double)
            } else {
                operand = try load(address, AccessWidth(bytes: memory.width))
            }
            noteFloatOperand(offset, i)
        }
        _ = try help(.float, constant(FloatCall(i).rawValue), operand)
    }

    /// Stores the top. What exceptions keep from memory is told only by the value: then it is what memory holds.
    private mutating func storeFloat(_ i: Instruction) throws(Interruption) {
        guard i.a.kind == .memory else { return try computeFloat(i) }
        let offset = effectiveAddress(i)
        let address = try linear(offset, i.segment, i.a.width, writes: true, i)
        let value = try help(.float, constant(FloatCall(i, .prepare).rawValue), address)
        if i.a.width == 10 {
            let high = loadState(StateField.scratch &+ 8, .half)
            try store(address, value, .double)
            try store(truncate(add(address, constant(8)), i.is64Bit ? 8 : 4), high, .half)
        } else {
            try store(address, value, i.size)
        }
        noteFloatOperand(offset, i)
        _ = try help(.float, constant(FloatCall(i, .commit).rawValue), constant(0))
    }

    private mutating func moveFloatEnvironment(_ i: Instruction, writes: Bool) throws(Interruption) {
        let isWhole = i.operation == .frstor || i.operation == .fnsave
        let count = FloatImage.environmentByteCount(i.width) &+ (isWhole ? FloatImage.registersByteCount : 0)
        let address = try linear(effectiveAddress(i), i.segment, count, writes: writes, i)
        _ = try help(.float, constant(FloatCall(i).rawValue), address)
    }

    /// Notes the operand's address for handlers of exceptions.
    private mutating func noteFloatOperand(_ offset: Value, _ i: Instruction) {
        storeState(FloatField.operand, offset, .double)
        let selector = loadState(StateField.selector(i.segment), .half)
        storeState(FloatField.operandSelector, selector, .half)
    }
}
