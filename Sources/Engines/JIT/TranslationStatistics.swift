// What a translating engine did so far.

/// Counters of a code cache since it was made.
public struct TranslationStatistics: Sendable, Equatable {
    /// Blocks translated, and the guest instructions in them.
    public var blocks = 0
    public var guestInstructions = 0
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

    /// Returns from generated code.
    public struct ExitCounts: Sendable, Equatable {
        /// The slice of execution was used up.
        public var budget = 0
        /// An interrupt or a request from outside was to be looked at.
        public var attention = 0
        /// The jump cache did not know the target.
        public var lookup = 0
        /// A jump was taken for the first time.
        public var link = 0
        /// An instruction was left to the interpreter.
        public var bail = 0
        /// A helper raised an exception.
        public var trap = 0

        mutating func add(_ other: ExitCounts) {
            budget += other.budget
            attention += other.attention
            lookup += other.lookup
            link += other.link
            bail += other.bail
            trap += other.trap
        }
    }
}
