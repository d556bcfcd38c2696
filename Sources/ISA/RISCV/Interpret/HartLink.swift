// The way from the interpreter's fast path to the hart: slow paths that see an exact state.
import MachineCore

/// What the slow paths need, by value. Each takes the number of instructions executed so far and
/// brings everything that others may look at up to date before it leaves the interpreter; the current
/// instruction is begun but not counted.
struct HartLink {
    private let hart: Unmanaged<Hart>
    private let executedAtEntry: UInt64
    private let progressAtEntry: UInt64

    init(_ hart: Hart) {
        self.hart = .passUnretained(hart)
        executedAtEntry = hart.state.pointee.executed
        progressAtEntry = hart.environment.timebase.clock.instructionsSinceSettled
    }

    /// The hart, with instruction count and time as after `executed` instructions.
    func publish(_ executed: UInt64) -> Hart {
        // The hart runs the interpreter, so it outlives it.
        let hart = hart.takeUnretainedValue()
        hart.state.pointee.executed = executedAtEntry &+ executed
        hart.environment.timebase.clock.instructionsSinceSettled = progressAtEntry &+ executed
        return hart
    }

    @inline(never)
    func fetch(_ executed: UInt64, _ pc: UInt64) throws(TrapTaken) -> UInt32 {
        try publish(executed).slowFetch(pc)
    }

    @inline(never)
    func load(_ executed: UInt64, _ address: UInt64, _ width: AccessWidth) throws(TrapTaken) -> UInt64 {
        let hart = publish(executed)
        let value = try hart.slowLoad(address, width)
        if hart.debugging.isActive { hart.noteAccess(address, width, .read) }
        return value
    }

    @inline(never)
    func store(
        _ executed: UInt64, _ address: UInt64, _ value: UInt64, _ width: AccessWidth
    ) throws(TrapTaken) {
        let hart = publish(executed)
        try hart.slowStore(address, value, width)
        if hart.debugging.isActive { hart.noteAccess(address, width, .write) }
    }

    @inline(never)
    func atomicPointer(
        _ executed: UInt64, _ address: UInt64, _ width: AccessWidth
    ) throws(TrapTaken) -> UnsafeMutableRawPointer {
        let hart = publish(executed)
        let pointer = try hart.atomicPointer(address, width)
        if hart.debugging.isActive { hart.noteAccess(address, width, [.read, .write]) }
        return pointer
    }

    /// After an atomic access to what `atomicPointer` gave.
    @inline(never)
    func noteAtomic(_ pointer: UnsafeMutableRawPointer, _ width: AccessWidth) {
        hart.takeUnretainedValue().noteWrite(pointer, width.byteCount)
    }

    @inline(never)
    func help(_ executed: UInt64, _ helper: UInt16, _ a: UInt64, _ b: UInt64) throws(TrapTaken) -> UInt64 {
        try publish(executed).help(helper, a, b)
    }

    /// Notes an exception of the current instruction.
    @inline(never)
    func raise(_ cause: UInt64, _ value: UInt64) throws(TrapTaken) {
        throw hart.takeUnretainedValue().exception(cause, value)
    }

    /// Goes on in the trap handler of the exception at `pc`, or nowhere (nil) when the instruction
    /// called the environment or a debugger instead.
    @inline(never)
    func takeException(_ executed: UInt64, at pc: UInt64) -> UInt64? {
        let hart = publish(executed)
        hart.state.pointee.pc = pc
        if hart.runtime.pointee.pendingExit != nil { return nil }
        hart.takeNotedException()
        return hart.state.pointee.pc
    }
}
