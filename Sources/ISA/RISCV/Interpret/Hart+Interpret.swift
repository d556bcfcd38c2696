// The interpreter's run loop.
import MachineCore

extension Hart {
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
            interpreter.limit = budget
            interpreter.pc = state.pointee.pc
            interpreter = execute(interpreter)
            state.pointee.pc = interpreter.pc
            if let exit = takePendingExit() { return exit }
        }
    }

    /// Interprets the next instruction only; tells whether the slice must end.
    public func step() -> Exit? {
        var interpreter = Interpreter(self)
        interpreter.limit = 1
        interpreter.pc = state.pointee.pc
        interpreter = execute(interpreter)
        state.pointee.pc = interpreter.pc
        _ = interpreter.link.publish(interpreter.executed)
        return takePendingExit()
    }

    func takePendingExit() -> Exit? {
        guard let exit = runtime.pointee.pendingExit else { return nil }
        runtime.pointee.pendingExit = nil
        return exit
    }

    /// Looks at what happened between two instructions; tells whether the loop must end.
    public func attend() -> Exit? {
        if runtime.pointee.isShared { SharedWord.clear(attentionFlag) } else { context.pointee.attention = false }
        if runtime.pointee.exitRequested {
            runtime.pointee.exitRequested = false
            context.pointee.attention = true
            return .attention
        }
        if state.pointee.waiting != 0 {
            if !hasPendingInterrupt { return .waiting }
            state.pointee.waiting = 0
        }
        takePendingInterrupt()
        return nil
    }

    /// Executes instructions until the limit is reached. Nothing here allocates or counts references.
    @inline(never)
    private func execute(_ start: Interpreter) -> Interpreter {
        var interpreter = start
        let cache = decodeCache
        while interpreter.executed < interpreter.limit {
            do throws(TrapTaken) {
                let bits = try interpreter.fetch()
                // The length comes from the bits, so that the next fetch does not wait for the record.
                let isFull = bits & 3 == 3
                let own = isFull ? bits : bits & 0xffff
                interpreter.next = interpreter.pc &+ (isFull ? 4 : 2)
                // Multiplicative hashing: the top bits depend on all bits of the instruction.
                let slot = Int(truncatingIfNeeded: (own &* 0x9e37_79b1) &>> (32 &- Self.decodeCacheBits))
                if cache[slot].bits != own { cache[slot] = Instruction(decoding: own) }
                try interpreter.execute(cache[slot])
                interpreter.executed &+= 1
                interpreter.pc = interpreter.next
            } catch {
                guard let handler = interpreter.link.takeException(interpreter.executed, at: interpreter.pc)
                else { return interpreter }
                interpreter.executed &+= 1
                interpreter.pc = handler
            }
        }
        return interpreter
    }
}
