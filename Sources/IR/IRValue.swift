// How an instruction names the results of earlier instructions.

/// A 64-bit result: the index, in its block, of the instruction that computes it.
public struct IRValue: Hashable, Sendable, BitwiseCopyable {
    /// The index of the defining instruction, from 0.
    public let index: Int32

    /// Names the result of the instruction at `index`.
    @inlinable public init(index: Int32) { self.index = index }
}

/// A truth value: the index, in its block, of the instruction that computes it.
///
/// A type of its own, so that Swift refuses what the verifier would refuse later.
public struct IRCondition: Hashable, Sendable, BitwiseCopyable {
    /// The index of the defining instruction, from 0.
    public let index: Int32

    /// Names the result of the instruction at `index`.
    @inlinable public init(index: Int32) { self.index = index }
}
