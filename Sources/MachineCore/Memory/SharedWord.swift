// Atomic accesses to plain memory that several threads reach: guest RAM, and fields of a CPU's blocks.
import Synchronization

/// Atomic operations on aligned words at raw addresses, all sequentially consistent: total store order
/// gives nothing cheaper for a read-modify-write.
public enum SharedWord {
    @inline(__always)
    private static func word(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt32>> {
        pointer.assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    @inline(__always)
    private static func double(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt64>> {
        pointer.assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Replaces memory's value by that of `operation` with `operand`, and gives the old one, zero-extended.
    /// - Parameter width: word or double; the address is aligned to it.
    @inline(never)
    public static func update(
        _ pointer: UnsafeMutableRawPointer, _ operation: AtomicOperation, _ operand: UInt64, _ width: AccessWidth
    ) -> UInt64 {
        while true {
            let old = load(pointer, width)
            if replace(pointer, old, by: operation.apply(old, operand, width), width) { return old }
        }
    }

    /// Replaces memory's value by `desired` if it is `expected`; only the low bytes of both count.
    @inline(never)
    public static func replace(
        _ pointer: UnsafeMutableRawPointer, _ expected: UInt64, by desired: UInt64, _ width: AccessWidth
    ) -> Bool {
        if width == .double {
            return double(pointer).pointee.compareExchange(
                expected: expected, desired: desired, ordering: .sequentiallyConsistent
            ).exchanged
        }
        return word(pointer).pointee.compareExchange(
            expected: UInt32(truncatingIfNeeded: expected), desired: UInt32(truncatingIfNeeded: desired),
            ordering: .sequentiallyConsistent
        ).exchanged
    }

    private static func load(_ pointer: UnsafeMutableRawPointer, _ width: AccessWidth) -> UInt64 {
        width == .double
            ? double(pointer).pointee.load(ordering: .sequentiallyConsistent)
            : UInt64(word(pointer).pointee.load(ordering: .sequentiallyConsistent))
    }

    /// Clears the bits of `clearing` in a field, then sets those of `setting`.
    public static func change(
        _ field: UnsafeMutablePointer<UInt64>, clearing: UInt64, setting: UInt64
    ) {
        let field = double(UnsafeMutableRawPointer(field))
        if clearing != 0 { field.pointee.bitwiseAnd(~clearing, ordering: .sequentiallyConsistent) }
        if setting != 0 { field.pointee.bitwiseOr(setting, ordering: .sequentiallyConsistent) }
    }

    /// Takes a flag back: whatever was done before another thread set it is seen afterwards.
    public static func clear(_ flag: UnsafeMutablePointer<Bool>) {
        let flag = UnsafeMutableRawPointer(flag).assumingMemoryBound(to: Atomic<UInt8>.self)
        _ = flag.pointee.exchange(0, ordering: .sequentiallyConsistent)
    }

    /// Raises a flag: whoever sees it sees what was done before.
    public static func raise(_ flag: UnsafeMutablePointer<Bool>) {
        let flag = UnsafeMutableRawPointer(flag).assumingMemoryBound(to: Atomic<UInt8>.self)
        flag.pointee.store(1, ordering: .releasing)
    }
}
