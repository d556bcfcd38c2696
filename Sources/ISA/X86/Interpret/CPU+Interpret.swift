// The interpreter's run loop.
import MachineCore

extension CPU {
    public func interpret(budget: UInt64) -> Exit {
        var interpreter = Interpreter(self)
        // Whatever happened since the last slice is looked at first; an old request to exit is void.
        runtime.pointee.exitRequested = false
        context.pointee.attention = true
        let exit = run(&interpreter, budget)
        _ = interpreter.link.publish(interpreter.executed)
        return exit
    }

    private func run(_ interpreter: inout Interpreter, _ budget: UInt64) -> Exit {
        while true {
            if context.pointee.attention {
                _ = interpreter.link.publish(interpreter.executed)
                if let exit = attend() { return exit }
            }
            if interpreter.executed >= budget { return .budget }
            if mustStep {
                executeSingle(&interpreter)
            } else {
                interpreter.limit = budget
                interpreter.rip = state.pointee.rip
                interpreter = execute(interpreter)
                state.pointee.rip = interpreter.rip
            }
            if let exit = takePendingExit() { return exit }
        }
    }

    /// Interprets the next instruction only; tells whether the slice must end.
    public func step() -> Exit? {
        var interpreter = Interpreter(self)
        if mustStep {
            executeSingle(&interpreter)
        } else {
            interpreter.limit = 1
            interpreter.rip = state.pointee.rip
            interpreter = execute(interpreter)
            state.pointee.rip = interpreter.rip
        }
        _ = interpreter.link.publish(interpreter.executed)
        return takePendingExit()
    }

    /// Executes one instruction, and raises the exception that follows if it was a single step.
    private func executeSingle(_ interpreter: inout Interpreter) {
        let resumes = state.pointee.systemFlags & RFlags.resume != 0
        let isStep = state.pointee.systemFlags & RFlags.trap != 0
        let exceptions = runtime.pointee.exceptionCount
        let executed = interpreter.executed
        state.pointee.interruptShadow = 0
        context.pointee.attention = true
        interpreter.limit = executed &+ 1
        interpreter.rip = state.pointee.rip
        interpreter = execute(interpreter)
        state.pointee.rip = interpreter.rip
        if resumes { state.pointee.systemFlags &= ~RFlags.resume }
        // An exception of the instruction itself is all that the handler sees.
        guard isStep, interpreter.executed != executed, runtime.pointee.exceptionCount == exceptions else { return }
        _ = interpreter.link.publish(interpreter.executed)
        takeSingleStep()
    }

    func takePendingExit() -> Exit? {
        guard let exit = runtime.pointee.pendingExit else { return nil }
        runtime.pointee.pendingExit = nil
        return exit
    }

    /// Executes instructions until the limit is reached. Nothing here allocates or counts references.
    @inline(never)
    private func execute(_ start: Interpreter) -> Interpreter {
        var interpreter = start
        while interpreter.executed < interpreter.limit {
            do throws(FaultTaken) {
                let record = try fetch(interpreter)
                let end = interpreter.rip &+ UInt64(record.pointee.instruction.length)
                interpreter.next = end & runtime.pointee.codeMask
                try interpreter.execute(record.pointee.instruction)
                interpreter.executed &+= 1
                interpreter.rip = interpreter.next
            } catch {
                guard let handler = interpreter.link.takeException(interpreter.executed, at: interpreter.rip) else {
                    return interpreter
                }
                interpreter.executed &+= 1
                interpreter.rip = handler
                // There may be an interrupt that the handler lets in, or a step to report.
                interpreter.limit = 0
            }
        }
        return interpreter
    }

    /// The instruction at the interpreter's place, decoded.
    @inline(__always)
    private func fetch(_ interpreter: Interpreter) throws(FaultTaken) -> UnsafeMutablePointer<DecodedRecord> {
        let address = runtime.pointee.codeBase &+ interpreter.rip
        // Multiplicative hashing: the top bits depend on all bits of the address.
        let slot = decodeCache + Int(truncatingIfNeeded: (address &* 0x9e37_79b9_7f4a_7c15) &>> Self.decodeCacheShift)
        // In the current page the difference is the offset in it. Instructions near its end are read with care.
        let offset = address ^ runtime.pointee.fetchPage
        if offset <= 4096 - 16, let bytes = UnsafeRawPointer(bitPattern: UInt(address &+ runtime.pointee.fetchBias)) {
            let low = bytes.loadUnaligned(as: UInt64.self)
            let high = (bytes + 8).loadUnaligned(as: UInt64.self)
            let mode = runtime.pointee.mode
            if slot.pointee.matches(low, high, mode.key) { return slot }
            let instruction = try interpreter.link.instruction(interpreter.executed, interpreter.rip)
            slot.pointee = DecodedRecord(low, high, mode, instruction)
            return slot
        }
        // Valid until the next one of its kind: no mode has its key.
        slot.pointee = DecodedRecord()
        slot.pointee.instruction = try interpreter.link.instruction(interpreter.executed, interpreter.rip)
        return slot
    }
}
