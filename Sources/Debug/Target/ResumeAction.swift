// How a debugger wants the machine to go on.

/// How the machine goes on, until something stops it.
public enum ResumeAction: Equatable, Sendable {
    /// Runs; `only` says which CPU does when not all do.
    case run(only: Int?)
    /// One CPU executes one instruction, and then the machine stops. While it does, the others run
    /// or stand still.
    case step(thread: Int, othersRun: Bool)
    /// Runs backwards, to the last moment at which something would have stopped it, or to the
    /// beginning of the recording.
    case runBackwards
    /// Goes back to before the last instruction that a CPU executed.
    case stepBackwards(thread: Int)
}
