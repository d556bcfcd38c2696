// The engine of a machine whose instructions are traced.
import MachineCore

/// Runs CPUs in single steps while they are traced, and as another engine does otherwise.
final class TracingEngine: Engine {
    let engine: any Engine
    private let trace: Trace

    /// - Parameter engine: the machine's own.
    init(_ engine: any Engine, _ trace: Trace) {
        self.engine = engine
        self.trace = trace
    }

    var name: String { engine.name }
    var statistics: TranslationStatistics? { engine.statistics }

    func run(_ cpu: any VirtualCPU, budget: UInt64, exactly: Bool) -> Exit {
        guard !trace.isMuted, let traced = cpu as? any InspectableCPU else {
            return engine.run(cpu, budget: budget, exactly: exactly)
        }
        return trace.parts[cpu.index].run(traced, budget: budget)
    }
}
