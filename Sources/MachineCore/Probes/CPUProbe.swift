// Watching what a CPU does beside its registers.

/// Told what a CPU does. Called on the thread that runs the CPU, in the middle of the instruction.
public protocol CPUProbe: AnyObject {
    /// The current instruction has accessed `byteCount` bytes (1 to 8) at virtual address `address`.
    func cpu(
        _ cpu: any InspectableCPU, didAccess address: UInt64, byteCount: UInt64, _ accesses: Watchpoint.Accesses)
    /// The CPU has entered a trap handler.
    func cpu(_ cpu: any InspectableCPU, didTake trap: TakenTrap)
}

/// What a probe is told of.
public struct ProbedEvents: OptionSet, Sendable {
    public let rawValue: UInt8
    /// Events by their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Accesses to data. They are seen while the CPU is interpreted only, and make it slow.
    public static let accesses = ProbedEvents(rawValue: 1)
    /// Traps, on every engine.
    public static let traps = ProbedEvents(rawValue: 2)
}

/// A trap that a CPU has taken.
public struct TakenTrap: Equatable, Sendable {
    /// The cause in words, as in the instruction set's manual.
    public let name: String
    /// The instruction set's number for the cause.
    public let cause: UInt64
    /// It came from outside, and no instruction caused it.
    public let isInterrupt: Bool
    /// What the instruction set tells the handler beside the cause, for instance an address.
    public let value: UInt64
    /// The address of the instruction that was interrupted.
    public let interrupted: UInt64
    /// The address of the handler.
    public let handler: UInt64

    /// A trap.
    public init(
        name: String, cause: UInt64, isInterrupt: Bool, value: UInt64, interrupted: UInt64, handler: UInt64
    ) {
        self.name = name
        self.cause = cause
        self.isInterrupt = isInterrupt
        self.value = value
        self.interrupted = interrupted
        self.handler = handler
    }
}

/// Told of accesses to devices, with the machine's lock held where there is one.
public protocol BusProbe: AnyObject {
    /// `value` was read from, or written to, `device` at `address`.
    func bus(
        didAccess device: any Device, at address: GuestPhysicalAddress, width: AccessWidth, value: UInt64,
        isWrite: Bool)
}
