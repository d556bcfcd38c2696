// What an engine that translates did so far.

/// Counters of translation since the engine was made.
public struct TranslationStatistics: Sendable, Equatable, Codable {
    /// Blocks translated, and the guest instructions in them.
    public var blocks = 0
    public var guestInstructions = 0
    /// Traces made of blocks that were entered often, and the guest instructions in them.
    public var traces = 0
    public var traceInstructions = 0
    /// Bytes of host code written.
    public var codeBytes = 0
    /// Jumps that were linked to their targets.
    public var links = 0
    /// Writes into translated code.
    public var invalidations = 0
    /// Times that a segment of the code cache was emptied.
    public var evictions = 0
    /// Returns from generated code, by cause.
    public var exits = ExitCounts()

    /// Nothing done yet.
    public init() {}

    /// What this engine and another one did.
    public func adding(_ other: TranslationStatistics) -> TranslationStatistics {
        var sum = self
        sum.blocks += other.blocks
        sum.guestInstructions += other.guestInstructions
        sum.traces += other.traces
        sum.traceInstructions += other.traceInstructions
        sum.codeBytes += other.codeBytes
        sum.links += other.links
        sum.invalidations += other.invalidations
        sum.evictions += other.evictions
        sum.exits.add(other.exits)
        return sum
    }

    /// Returns from generated code.
    public struct ExitCounts: Sendable, Equatable, Codable {
        /// The slice of execution was used up.
        public var budget = 0
        /// An interrupt or a request from outside was to be looked at.
        public var attention = 0
        /// A block had been entered often enough to make a trace.
        public var hot = 0
        /// The jump cache did not know the target.
        public var lookup = 0
        /// A jump was taken for the first time.
        public var link = 0
        /// An instruction was left to the interpreter.
        public var bail = 0
        /// A helper raised an exception.
        public var trap = 0
        /// Instructions that were interpreted because no code can be made for where they are.
        public var uncompiled = 0
        /// Calls of helpers, and memory accesses that the TLB did not serve; these stay in the code.
        public var helpers = 0
        public var misses = 0

        /// Nothing yet.
        public init() {}

        /// Adds what another CPU did.
        public mutating func add(_ other: ExitCounts) {
            budget += other.budget
            attention += other.attention
            hot += other.hot
            lookup += other.lookup
            link += other.link
            bail += other.bail
            trap += other.trap
            uncompiled += other.uncompiled
            helpers += other.helpers
            misses += other.misses
        }
    }
}
