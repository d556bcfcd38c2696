// How a run of a block ended.

/// What came of running a block once. The program counter in the CPU state is the address of the next
/// instruction, or of the interrupted one.
public struct IRRun<Interruption: Error> {
    /// Guest instructions completed. An interrupted instruction does not count.
    public let retired: Int
    /// Why the block was left.
    public let end: End

    /// A run that completed `retired` guest instructions and was left as `end` says.
    public init(retired: Int, end: End) {
        self.retired = retired
        self.end = end
    }

    /// Why a block was left.
    public enum End {
        /// By a jump or a branch, or behind its last instruction; the next block may be linked to it.
        case jumped
        /// As `jumped`, but guest code or its place may have changed: look the next block up.
        case exited
        /// In the middle of a guest instruction.
        case interrupted(Interruption)
    }
}

extension IRRun: Sendable where Interruption: Sendable {}
extension IRRun.End: Sendable where Interruption: Sendable {}
extension IRRun: Equatable where Interruption: Equatable {}
extension IRRun.End: Equatable where Interruption: Equatable {}
