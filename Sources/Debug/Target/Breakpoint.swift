// Where a debugger wants the machine to stop.

/// An address or range of addresses where CPUs stop.
public struct Breakpoint: Hashable, Sendable {
    /// How a CPU gets there.
    public enum Kind: Hashable, Sendable {
        /// It is about to execute the instruction; gdb's `break`.
        case software
        /// It is about to execute the instruction; gdb's `hbreak`.
        case hardware
        /// It has accessed the memory; gdb's `watch`, `rwatch` and `awatch`.
        case watch(WatchedAccess)
    }

    public var kind: Kind
    /// The first virtual address.
    public var address: UInt64
    /// How many bytes a watched range has, from 1 up; for the other kinds, the size of the instruction
    /// in bytes as the architecture's debuggers count it (2 or 4 on RISC-V).
    public var length: Int

    /// A breakpoint at virtual address `address`.
    public init(_ kind: Kind, address: UInt64, length: Int) {
        self.kind = kind
        self.address = address
        self.length = length
    }

    /// It is a watchpoint with `address` in its range.
    func watches(_ address: UInt64) -> Bool {
        guard case .watch = kind else { return false }
        return address >= self.address && address - self.address < UInt64(clamping: length)
    }
}

/// The accesses that a watchpoint watches.
public enum WatchedAccess: Hashable, Sendable {
    case write
    case read
    /// Reading and writing.
    case any
}

/// What became of a breakpoint.
public enum BreakpointOutcome: Equatable, Sendable {
    case inserted
    /// The target never supports this kind; debuggers do not ask again.
    case unsupported
    /// This one can not be had: the address can not be accessed, or there are too many.
    case failed
}
