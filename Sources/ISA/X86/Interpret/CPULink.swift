// The way from the interpreter's fast path to the CPU: slow paths that see an exact state.
import MachineCore

/// What the slow paths need, by value. Each takes the number of instructions executed so far and brings everything
/// that others may look at up to date before it leaves the interpreter; the current instruction is begun but not
/// counted.
struct CPULink {
    private let cpu: Unmanaged<CPU>
    private let executedAtEntry: UInt64

    init(_ cpu: CPU) {
        self.cpu = .passUnretained(cpu)
        executedAtEntry = cpu.state.pointee.executed
    }

    /// The CPU, with instruction count and time as after `executed` instructions.
    func publish(_ executed: UInt64) -> CPU {
        // The CPU runs the interpreter, so it outlives it.
        let cpu = cpu.takeUnretainedValue()
        cpu.state.pointee.executed = executedAtEntry &+ executed
        cpu.settleTime()
        return cpu
    }

    @inline(never)
    func instruction(_ executed: UInt64, _ rip: UInt64) throws(FaultTaken) -> Instruction {
        try publish(executed).slowFetch(rip)
    }

    @inline(never)
    func load(_ executed: UInt64, _ address: UInt64, _ width: AccessWidth) throws(FaultTaken) -> UInt64 {
        try publish(executed).slowLoad(address, width)
    }

    @inline(never)
    func store(_ executed: UInt64, _ address: UInt64, _ value: UInt64, _ width: AccessWidth) throws(FaultTaken) {
        try publish(executed).slowStore(address, value, width)
    }

    @inline(never)
    func help(_ executed: UInt64, _ helper: UInt16, _ a: UInt64, _ b: UInt64) throws(FaultTaken) -> UInt64 {
        try publish(executed).help(helper, a, b)
    }

    /// Notes an exception of the current instruction.
    @inline(never)
    func raise(_ cause: UInt64, _ value: UInt64) throws(FaultTaken) {
        throw cpu.takeUnretainedValue().fault(cause, value)
    }

    /// Goes on in the handler of the exception at `rip`; nil when there is none, or something else is to be done first.
    @inline(never)
    func takeException(_ executed: UInt64, at rip: UInt64) -> UInt64? {
        let cpu = publish(executed)
        cpu.state.pointee.rip = rip
        if cpu.runtime.pointee.pendingExit != nil { return nil }
        cpu.takeNotedException()
        return cpu.state.pointee.rip
    }
}
