// What moves a machine's state forward.

/// An engine runs CPUs. Which engine runs a CPU is invisible to the guest.
public protocol Engine: AnyObject {
    /// The engine's name, as in `--engine NAME`.
    var name: String { get }
    /// Runs `cpu` for at most `budget` instructions.
    ///
    /// - Parameter exactly: a slice that nothing else ends goes on until all of the budget is used, and not only
    ///   until the next block of instructions would go beyond it.
    func run(_ cpu: any VirtualCPU, budget: UInt64, exactly: Bool) -> Exit
    /// What was translated so far; nil for engines that do not.
    var statistics: TranslationStatistics? { get }
}

extension Engine {
    public var statistics: TranslationStatistics? { nil }
}
