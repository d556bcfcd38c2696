// What a machine offers to a debugger.

/// A machine that can be debugged. A `GDBSession` calls it, always on the thread that feeds the
/// session, and only while the machine is paused; it answers at once and without side effects that
/// were not asked for.
///
/// Everything a debugger asks comes from outside: addresses, counts, lengths and register numbers may
/// be any value, and none of them may trap.
public protocol DebugTarget: AnyObject {
    /// Registers and their description; the same as long as a session lasts.
    var architecture: DebugArchitecture { get }

    /// The CPUs that exist now; at least one, with different numbers from 1 up.
    var threads: [DebugThread] { get }

    /// The machine can run backwards: it has a recording.
    var supportsReverse: Bool { get }

    /// A register of a CPU, `bitSize / 8` bytes in target byte order; nil when it can not be read.
    func readRegister(_ number: Int, thread: Int) -> [UInt8]?

    /// Sets a register of a CPU; false when it can not be written.
    /// - Parameter bytes: `bitSize / 8` bytes in target byte order, which the session has checked.
    func writeRegister(_ number: Int, _ bytes: [UInt8], thread: Int) -> Bool

    /// Memory as a CPU sees it, by virtual address. Devices are not memory: looking must not disturb.
    /// - Parameter count: at most 16 KiB.
    /// - Returns: at most `count` bytes; fewer when not all are accessible; nil when none is.
    func readMemory(at address: UInt64, count: Int, thread: Int) -> [UInt8]?

    /// Writes memory as a CPU sees it, whatever its protection (breakpoints go into code).
    /// - Returns: false, with nothing written, when not all of it is accessible.
    func writeMemory(at address: UInt64, _ bytes: [UInt8], thread: Int) -> Bool

    /// Memory by physical address; as `readMemory`.
    func readPhysicalMemory(at address: UInt64, count: Int) -> [UInt8]?

    /// Writes memory by physical address; as `writeMemory`.
    func writePhysicalMemory(at address: UInt64, _ bytes: [UInt8]) -> Bool

    /// Makes all CPUs stop at a breakpoint. The session inserts none twice.
    func insert(_ breakpoint: Breakpoint) -> BreakpointOutcome

    /// Takes a breakpoint away that was inserted; false when that fails.
    func remove(_ breakpoint: Breakpoint) -> Bool

    /// The commands of the target's own that `monitor` takes, for `monitor help`.
    var monitorCommands: [MonitorCommand] { get }

    /// Executes a command that the user typed after `monitor`.
    /// - Returns: the text to print, at most 128 KiB of which is shown; nil when there is no such command.
    func monitor(_ command: String) -> String?
}
