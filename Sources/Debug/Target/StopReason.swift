// Why a machine stopped.

/// Why a machine that a debugger had resumed stopped.
public enum StopReason: Equatable, Sendable {
    /// A step is done.
    case stepped
    /// The debugger or somebody else paused the machine.
    case interrupted
    /// A CPU is at a software breakpoint.
    case softwareBreakpoint
    /// A CPU is at a hardware breakpoint.
    case hardwareBreakpoint
    /// A CPU accessed watched memory; `address` is a virtual address inside the watched range, and the
    /// kind is that of the watchpoint. Forwards, the CPU is after the instruction that made the access;
    /// backwards, before it.
    case watchpoint(WatchedAccess, address: UInt64)
    /// The recording has nothing more in this direction.
    case recordingEnd(RecordingEnd)
    /// The machine is over, with this exit status.
    case exited(status: UInt8)
}

/// An end of a recording.
public enum RecordingEnd: Equatable, Sendable {
    case beginning
    case end
}
