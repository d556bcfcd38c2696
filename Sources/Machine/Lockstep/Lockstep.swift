// Two engines on two copies of one machine, compared after every block.
import HostOS
import IR
import JITEngine
import MachineCore

/// Runs a deterministic machine on the fast engine and a second one, equal to it, on the precise engine,
/// and compares what they have become: every CPU after every block, all of RAM now and then.
///
/// The comparison is of two whole machines and not of two CPUs on one memory: so devices, interrupts and
/// self-modifying code take part, each engine seeing only its own.
public final class Lockstep {
    /// Where the machines differ.
    public struct Difference: Error, CustomStringConvertible {
        /// Instructions that both had executed before the block.
        public let instructions: UInt64
        public let description: String
    }

    let fast: Machine
    private let precise: Machine
    private let jit: JITEngine
    private let comparesMemoryEvery: UInt64
    /// Instructions between two comparisons, instead of one block: so that blocks are chained.
    private let stride: UInt64?

    /// Builds both machines.
    /// - Parameters:
    ///   - configuration: a deterministic machine; its engine does not count.
    ///   - stride: instructions between two comparisons of CPUs; nil compares after each block, which
    ///     then is not chained to others.
    ///   - comparesMemoryEvery: how many instructions go between two comparisons of RAM.
    ///   - consoleOutput: takes what the fast machine's console prints.
    public init(
        _ configuration: MachineConfiguration, stride: UInt64? = nil, comparesMemoryEvery: UInt64 = 1 << 24,
        consoleOutput: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) throws {
        var configuration = configuration
        if configuration.clock == .freeRunning {
            throw MachineError("two engines can only be compared on a deterministic machine")
        }
        configuration.engine = "jit"
        fast = try Machine(configuration, log: { _ in }, consoleOutput: consoleOutput)
        configuration.engine = "precise"
        precise = try Machine(configuration, log: { _ in }, consoleOutput: { _ in })
        guard let jit = fast.engineSet.current.first as? JITEngine else {
            throw MachineError("the engine \"jit\" is not the translating one")
        }
        self.jit = jit
        jit.keepsTraces = true
        self.stride = stride
        self.comparesMemoryEvery = comparesMemoryEvery
    }

    /// Instructions that both have executed.
    public var instructionsExecuted: UInt64 { fast.instructionsExecuted }

    /// Runs until `limit` instructions are executed or the machines end.
    /// - Parameter skipped: how many instructions run before the first comparison.
    /// - Returns: how the machines ended, or `.instructionLimit`.
    /// - Throws: the first `Difference`, or `BootError`.
    public func run(instructionLimit limit: UInt64, skipping skipped: UInt64 = 0) throws -> MachineOutcome {
        if skipped > 0 {
            _ = try fast.run(instructionLimit: skipped)
            _ = try precise.run(instructionLimit: skipped)
        }
        var nextComparison = comparesMemoryEvery
        while fast.instructionsExecuted < limit {
            let block = nextBlock()
            let before = fast.instructionsExecuted
            let count = min(stride ?? UInt64(max(1, block?.guestInstructionCount ?? 1)), limit - before)
            let outcome = try fast.run(instructionLimit: count)
            let other = try precise.run(instructionLimit: count)
            if let text = difference() ?? (outcome == other ? nil : "one ended: \(outcome), \(other)") {
                throw Difference(instructions: before, description: report(text, block, at: before))
            }
            if outcome != .instructionLimit { return outcome }
            if fast.instructionsExecuted >= nextComparison {
                nextComparison += comparesMemoryEvery
                if let text = memoryDifference() { throw Difference(instructions: before, description: text) }
            }
        }
        if let text = memoryDifference() { throw Difference(instructions: limit, description: text) }
        if try fast.stateTree().encoded() != precise.stateTree().encoded() {
            throw Difference(instructions: limit, description: "devices differ after \(limit) instructions")
        }
        return .instructionLimit
    }

    /// The first eight bytes of RAM that differ, as text.
    private func memoryDifference() -> String? {
        let (one, other) = (fast.context.memory, precise.context.memory)
        let chunk = 1 << 16
        for start in Swift.stride(from: 0, to: Int(one.byteCount), by: chunk) {
            let count = min(chunk, Int(one.byteCount) - start)
            if MemoryComparison.areEqual(one.hostBase + start, other.hostBase + start, count: count) { continue }
            for offset in Swift.stride(from: start, to: start + count, by: 8) {
                let left = one.hostBase.load(fromByteOffset: offset, as: UInt64.self)
                let right = other.hostBase.load(fromByteOffset: offset, as: UInt64.self)
                if left == right { continue }
                let address = hex(one.base + UInt64(offset))
                let count = fast.instructionsExecuted
                return "RAM at \(address) after \(count) instructions: jit \(hex(left)), precise \(hex(right))"
            }
        }
        return nil
    }

    /// The block that the fast machine will run next, on its first CPU.
    private func nextBlock() -> TranslatedCode? {
        (fast.board.cpus[0] as? any TranslatableCPU).flatMap { jit.nextBlock(of: $0) }
    }

    /// What differs in the CPUs' state, as text.
    private func difference() -> String? {
        if fast.instructionsExecuted != precise.instructionsExecuted {
            return "instructions: \(fast.instructionsExecuted), \(precise.instructionsExecuted)"
        }
        for (one, other) in zip(fast.board.cpus, precise.board.cpus) {
            guard let a = one as? any TranslatableCPU, let b = other as? any TranslatableCPU else { continue }
            let environment = type(of: a).environment
            for offset in Swift.stride(from: 0, to: environment.stateByteCount & ~7, by: 8)
            where !environment.scratch.contains(offset) {
                let left = a.stateBlock.load(fromByteOffset: offset, as: UInt64.self)
                let right = b.stateBlock.load(fromByteOffset: offset, as: UInt64.self)
                if left != right {
                    return "CPU \(one.index), state byte \(offset): jit \(hex(left)), precise \(hex(right))"
                }
            }
        }
        return nil
    }

    private func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

    private func report(_ text: String, _ block: TranslatedCode?, at count: UInt64) -> String {
        guard let block else { return "after \(count) instructions: \(text)" }
        let code = block.hostCode.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return """
            after \(count) instructions, in the block at \(hex(block.address)): \(text)
            \(IRText.print(block.block))
            host code: \(code)
            """
    }
}
