// The machine's state as one tree, and its hash.
import MachineCore
import StateCodec

/// The state of all parts of a machine but RAM and disks.
struct MachineState {
    var tree: StateTree
    var clock: VirtualClock.State
    var instructionsExecuted: UInt64
    var entropy: UInt64
    /// What was typed on the console and has not found room in the device.
    var consoleInput: [UInt8]

    fileprivate static let clockPath = "clock"
    fileprivate static let entropyPath = "entropy"
    fileprivate static let instructionsPath = "instructions"
    fileprivate static let consolePath = "console-input"
}

extension MachineState {
    /// What an encoded tree says.
    /// - Throws: `StateCodecError` for a tree that is damaged or of another version.
    init(encoded bytes: [UInt8]) throws {
        tree = try StateTree(decoding: bytes)
        clock = try tree.decode(VirtualClock.State.self, at: Self.clockPath, version: 1)
        entropy = try tree.decode(UInt64.self, at: Self.entropyPath, version: 1)
        instructionsExecuted = try tree.decode(UInt64.self, at: Self.instructionsPath, version: 1)
        consoleInput = try tree.decode([UInt8].self, at: Self.consolePath, version: 1)
    }
}

extension Machine {
    /// What the engine translated so far; nil for one that does not.
    public var translationStatistics: TranslationStatistics? {
        engineSet.current.reduce(nil) { sum, engine in
            guard let own = engine.statistics else { return sum }
            return sum.map { $0.adding(own) } ?? own
        }
    }

    /// The state now. The machine must not be running.
    func savedState() throws -> MachineState {
        MachineState(
            tree: try stateTree(), clock: context.clock.state, instructionsExecuted: instructionsExecuted,
            entropy: entropy.state, consoleInput: console.waiting)
    }

    /// The state tree now: one node for each part.
    public func stateTree() throws -> StateTree {
        let collector = StateCollector()
        try board.visitState(collector)
        try collector.visit(MachineState.clockPath, version: 1, context.clock.state)
        try collector.visit(MachineState.entropyPath, version: 1, entropy.state)
        try collector.visit(MachineState.instructionsPath, version: 1, instructionsExecuted)
        try collector.visit(MachineState.consolePath, version: 1, console.waiting)
        return collector.tree
    }

    /// A hash of everything that the guest can see: the state tree and RAM. Equal states have equal
    /// hashes; disks are not part of it.
    public func stateHash() throws -> StateHash {
        let hasher = StateHasher()
        try stateTree().encoded().withUnsafeBytes { hasher.update($0) }
        let memory = context.memory
        hasher.update(UnsafeRawBufferPointer(start: memory.hostBase, count: Int(memory.byteCount)))
        return hasher.finalize()
    }
}

/// Collects the parts' states into a tree.
private final class StateCollector: StateVisitor {
    private(set) var tree = StateTree()

    func visit(_ path: String, version: StateVersion, _ state: some Codable & Equatable & Sendable) throws {
        try tree.add(path, version: version, value: state)
    }
}
