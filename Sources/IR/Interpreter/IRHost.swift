// What a block needs from outside while it runs: guest memory, helpers, exceptions.
import MachineCore

/// The world around a running block.
///
/// The requirements have the shapes of the verbs of `Semantics` with `UInt64` values and `Bool`
/// conditions, so the interpreter of an instruction set can be the host of its own IR: an empty
/// conformance, plus `startInstruction` if it keeps the program counter outside the state block.
///
/// Whenever a host is called, the CPU state is exact as of before the current guest instruction (up to
/// what that instruction itself has changed), the program counter included. A host does not change
/// the program counter: the end of the block overwrites it.
public protocol IRHost {
    /// What ends an instruction early: a guest exception, or a reason of the engine's own.
    associatedtype Interruption: Error

    /// A guest instruction begins.
    /// - Parameters:
    ///   - programCounter: its guest address.
    ///   - retired: the number of guest instructions of this block completed before it.
    mutating func startInstruction(at programCounter: UInt64, retired: Int)

    /// Reads guest memory; the result is zero-extended.
    mutating func load(_ address: UInt64, _ width: AccessWidth) throws(Interruption) -> UInt64
    /// Writes the low `width` bytes of `value` to guest memory.
    mutating func store(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) throws(Interruption)
    /// Replaces guest memory by `operation(memory, operand)`; the old value comes zero-extended.
    mutating func atomicUpdate(
        _ operation: AtomicOperation, _ address: UInt64, _ operand: UInt64, _ width: AccessWidth
    ) throws(Interruption) -> UInt64
    /// As the verb of `Semantics`. The IR interpreter calls it only when `condition` holds.
    mutating func compareAndStore(
        if condition: Bool, _ address: UInt64, expected: UInt64, desired: UInt64, _ width: AccessWidth
    ) throws(Interruption) -> Bool
    /// Orders earlier against later accesses.
    mutating func fence(_ kind: FenceKind)
    /// Runs helper number `helper` of the instruction set.
    mutating func callHelper(_ helper: UInt16, _ a: UInt64, _ b: UInt64) throws(Interruption) -> UInt64
    /// Turns a guest exception into an interruption. Always throws.
    mutating func raise(_ cause: UInt64, _ value: UInt64) throws(Interruption)
}

extension IRHost {
    /// Does nothing.
    public mutating func startInstruction(at programCounter: UInt64, retired: Int) {}
}
