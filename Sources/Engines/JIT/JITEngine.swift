// The fast engine: dynamic binary translation to host code.
import CodegenX86
import HostOS
import IR
import MachineCore

/// Runs CPUs by translating their code to host code. Every guest-visible effect is that of the
/// precise engine; what generated code can not do is left to the CPU's interpreter.
public final class JITEngine: Engine {
    public let name = "jit"

    /// How the engine is set up.
    public struct Configuration: Sendable {
        /// The bound on generated code in bytes.
        public var codeByteCount = 128 << 20
        /// How much of it is emptied at once when it is full.
        public var segmentByteCount = 4 << 20

        /// The standard set-up.
        public init() {}
    }

    private let configuration: Configuration
    /// Keeps the IR of traces for `nextBlock`. To be set before the engine runs.
    public var keepsTraces = false
    private var cache: CodeCache?
    /// By CPU number.
    private var processors: [JITProcessor?] = []

    /// The lock of a machine whose CPUs run on threads of their own, and all of its CPUs.
    private(set) var lock: MachineLock?
    private var peers: [any TranslatableCPU] = []

    /// An engine for the CPUs of one machine.
    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    public func run(_ cpu: any VirtualCPU, budget: UInt64, exactly: Bool) -> Exit {
        if cpu.index < processors.count, let processor = processors[cpu.index], processor.cpu === cpu {
            return processor.run(budget: budget, exactly: exactly)
        }
        // Without a translator, or without memory for code, the interpreter serves.
        guard let processor = makeProcessor(cpu) else { return cpu.interpret(budget: budget) }
        return processor.run(budget: budget, exactly: exactly)
    }

    /// The engine runs CPUs while other engines run others of `cpus` on other threads. To be called before
    /// it runs any.
    public func share(_ lock: MachineLock, with cpus: [any VirtualCPU]) {
        self.lock = lock
        peers = cpus.compactMap { $0 as? any TranslatableCPU }
    }

    /// What the engine did so far; nil before it ran.
    public var statistics: TranslationStatistics? {
        guard var statistics = cache?.statistics else { return nil }
        for case let processor? in processors { statistics.exits.add(processor.exits) }
        return statistics
    }

    /// The block that `cpu` runs next, translated if it was not; nil where it interprets. For tools that
    /// compare engines.
    public func nextBlock(of cpu: any TranslatableCPU) -> TranslatedCode? {
        let counter = type(of: cpu).environment.programCounterOffset
        let address = cpu.stateBlock.load(fromByteOffset: counter, as: UInt64.self)
        guard let physical = cpu.locateCode(at: address), let cache = try? codeCache(for: cpu),
            let block = cpu.translate(
                address, at: physical, continuingAt: nil, limit: JITProcessor.blockLimit)
        else { return nil }
        let number = cache.find(physical)
        let code = number.map { cache.hostCode(of: $0) } ?? []
        let current = number.flatMap { cache.trace(of: $0) } ?? block
        return TranslatedCode(address: address, block: current, hostCode: code)
    }

    private func makeProcessor(_ cpu: any VirtualCPU) -> JITProcessor? {
        guard let cpu = cpu as? any TranslatableCPU, let cache = try? codeCache(for: cpu) else { return nil }
        let sharing = lock.map { JITProcessor.Sharing(lock: $0, peers: peers) }
        let processor = JITProcessor(cpu, cache, sharing)
        while processors.count <= cpu.index { processors.append(nil) }
        processors[cpu.index] = processor
        return processor
    }

    private func codeCache(for cpu: any TranslatableCPU) throws(HostError) -> CodeCache {
        if let cache { return cache }
        let cache = try CodeCache(
            cpu.memory, environment: type(of: cpu).environment, functions: EngineCalls.functions,
            byteCount: configuration.codeByteCount, segmentByteCount: configuration.segmentByteCount,
            codeWasWritten: { [unowned self] in codeWasWritten($0) })
        cache.keepsTraces = keepsTraces
        cache.pageWillHoldCode = { [unowned self] address in
            for case let processor? in processors { processor.cpu.protectCode(at: address) }
        }
        cache.jumpsBecameInvalid = { [unowned self] in
            for case let processor? in processors { processor.cpu.clearJumpCaches() }
        }
        self.cache = cache
        return cache
    }

    private func codeWasWritten(_ range: Range<GuestPhysicalAddress>) {
        if lock == nil {
            cache?.invalidate(range)
        } else {
            // Perhaps on another CPU's thread: its own one will take the range.
            for case let processor? in processors { processor.cpu.callForAttention() }
        }
    }
}

/// A block with the host code made from it.
public struct TranslatedCode: Sendable {
    /// The guest address.
    public let address: UInt64
    /// The block as the translator gives it.
    public let block: IRBlock
    /// The bytes of its host code; none before it ran for the first time.
    public let hostCode: [UInt8]

    /// The number of guest instructions.
    public var guestInstructionCount: Int { block.guestInstructionCount }
}
