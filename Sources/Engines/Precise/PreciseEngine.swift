// The precise engine: the instruction set's own interpreter, every instruction observable.
import MachineCore

/// Runs a CPU one instruction at a time. It is the reference that other engines are compared with.
public final class PreciseEngine: Engine {
    /// An engine; it holds no state.
    public init() {}

    public let name = "precise"

    public func run(_ cpu: any VirtualCPU, budget: UInt64, exactly: Bool) -> Exit {
        cpu.interpret(budget: budget)
    }
}
