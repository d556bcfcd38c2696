// A CPU as engines, the machine and the bus see it, and why it stopped running.

/// Why an engine stopped running a CPU.
public enum Exit: Equatable, Sendable, BitwiseCopyable {
    /// The budget is used up.
    case budget
    /// The CPU waits for an interrupt and has none.
    case waiting
    /// Something outside the CPU must look: a device asked for a power-off, a deadline moved, another
    /// CPU was woken.
    case attention
    /// The CPU called the environment below it (a supervisor call that no guest firmware serves);
    /// the call is not yet counted or skipped.
    case environmentCall
    /// A breakpoint or watchpoint was reached; the CPU's `debugStop` says which.
    case debugStop
}

/// One CPU of a machine: guest-visible state, and the instruction-by-instruction way to move it.
public protocol VirtualCPU: AnyObject {
    /// The CPU's number in its machine, from 0.
    var index: Int { get }
    /// Instructions begun since power-on, whether they retired or ended in an exception. Never goes
    /// back but by a restore.
    var executedInstructions: UInt64 { get }
    /// Nothing to do until an interrupt or the next deadline.
    var isWaiting: Bool { get }
    /// Virtual nanoseconds at which a timer inside the CPU interrupts it, or nil.
    var nextDeadline: UInt64? { get }
    /// Interprets at most `budget` instructions, one at a time.
    func interpret(budget: UInt64) -> Exit
    /// Forgets which pages of RAM may be written without a look at the dirty log, after marks were taken
    /// back. Not while the CPU runs.
    func forgetWritablePages()
    /// Where the CPU stops for a debugger. Setting them, not while the CPU runs, costs nothing but a
    /// flush of its TLB; pages that hold none of them run as fast as ever.
    var debugPoints: DebugPoints { get set }
    /// What the CPU stopped at when its last exit was `.debugStop`.
    var debugStop: DebugStop? { get }
    /// Tells `probe` of `events` from now on, or (nil) nobody of anything. Not while the CPU runs; costs nothing
    /// while there is none.
    func setProbe(_ probe: (any CPUProbe)?, for events: ProbedEvents)
    /// Does not stop at the next instruction for a breakpoint there: execution goes on from it.
    func passBreakpoint()
}
