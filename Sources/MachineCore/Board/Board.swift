// A board as the machine sees it: CPUs and devices, joined by a memory map.

/// A whole computer without an engine: the machine runs its CPUs and asks it for the rest.
/// Used by one thread at a time: the machine's runner, or who holds the machine's lock.
public protocol Board: AnyObject {
    /// The CPUs, in order of their numbers.
    var cpus: [any VirtualCPU] { get }
    /// What joins them to the devices.
    var bus: Bus { get }
    /// The CPU is started: firmware or the guest has not stopped it.
    func isStarted(_ cpu: Int) -> Bool
    /// Serves the environment call that CPU `cpu` stopped at.
    func serveEnvironmentCall(of cpu: Int)
    /// Called between slices of execution: looks at what only memory can tell.
    func poll()
    /// `poll` does something.
    var needsPolling: Bool { get }
    /// Stops CPU `cpu` before its next instruction.
    func requestExit(of cpu: Int)
    /// Puts the board into its power-on state and loads what it boots.
    /// - Throws: `BootError` when what it boots can not be loaded.
    func powerOn() throws(BootError)
    /// The memory between a bare program's `begin_signature` and `end_signature` symbols, as published test suites
    /// compare it.
    /// - Throws: `BootError` when the program has no such symbols, or they are not in RAM.
    func signature() throws(BootError) -> [UInt8]
    /// Gives every part's saved state by its path, in a fixed order.
    func visitState(_ visitor: any StateVisitor) throws
}

/// Receives the parts of a machine's state, one call for each.
public protocol StateVisitor: AnyObject {
    /// The part at `path`, for instance `devices/uart`, has this state.
    func visit(_ path: String, version: StateVersion, _ state: some Codable & Equatable & Sendable) throws
}

/// Why a machine can not start what it was told to start.
public struct BootError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The cause and the next step, in one line.
    public let description: String

    /// An error with its message.
    public init(_ description: String) { self.description = description }
}

/// A file that a machine boots, read again at every power-on so that it does not stay in memory.
public struct BootFile: Sendable {
    /// The name for messages, usually the path.
    public let name: String
    private let contents: @Sendable () throws -> [UInt8]

    /// - Parameter contents: reads the file; errors are described by their `String(describing:)`.
    public init(name: String, contents: @escaping @Sendable () throws -> [UInt8]) {
        self.name = name
        self.contents = contents
    }

    /// The file's bytes.
    public func read() throws(BootError) -> [UInt8] {
        do {
            return try contents()
        } catch {
            throw BootError("can not read \(name): \(error)")
        }
    }
}
