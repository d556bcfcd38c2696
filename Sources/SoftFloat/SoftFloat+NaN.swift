// Which NaN an operation delivers: the one place that decides.
//
// RISC-V always delivers the canonical NaN (Unprivileged ISA manual, chapter "F", section "NaN
// Generation and Propagation"). The operands are passed on all the same, so that a rule that
// propagates payloads needs a change in this file only.

extension SoftFloat {
    /// The single-precision bits of a NaN-boxed 64-bit register; the canonical NaN when its upper half is
    /// not all ones (RISC-V Unprivileged ISA, chapter D, "NaN Boxing of Narrower Values").
    @inlinable
    public static func unboxSingle(_ register: UInt64) -> UInt64 {
        register >> 32 == 0xffff_ffff ? register & 0xffff_ffff : 0x7fc0_0000
    }

    /// The canonical NaN: positive, quiet, no payload (0x7FC00000, 0x7FF8000000000000).
    public static func canonicalNaN(_ format: FloatFormat) -> UInt64 {
        switch format {
        case .single: defaultNaN(Binary32.self)
        case .double: defaultNaN(Binary64.self)
        }
    }

    @inline(__always)
    static func defaultNaN<F: BinaryFormat>(_: F.Type) -> UInt64 { F.infinity | F.quietBit }

    /// The result of an invalid operation on numbers.
    @inline(__always)
    static func invalidResult<F: BinaryFormat>(_ format: F.Type, _ flags: inout FloatFlags) -> UInt64 {
        flags.raise(.invalid)
        return defaultNaN(format)
    }

    /// The result of an operation with one operand, a NaN.
    @inline(__always)
    static func nan<F: BinaryFormat>(_ format: F.Type, of a: UInt64, _ flags: inout FloatFlags) -> UInt64 {
        if F.isSignaling(a) { flags.raise(.invalid) }
        return defaultNaN(format)
    }

    /// The result of converting the NaN `a` from one format to the other.
    @inline(__always)
    static func convertedNaN<Source: BinaryFormat, Target: BinaryFormat>(
        from _: Source.Type, to target: Target.Type, _ a: UInt64, _ flags: inout FloatFlags
    ) -> UInt64 {
        if Source.isSignaling(a) { flags.raise(.invalid) }
        return defaultNaN(target)
    }

    /// The result of an operation with two operands, at least one of them a NaN.
    @inline(__always)
    static func nan<F: BinaryFormat>(
        _ format: F.Type, of a: UInt64, _ b: UInt64, _ flags: inout FloatFlags
    ) -> UInt64 {
        if F.isSignaling(a) || F.isSignaling(b) { flags.raise(.invalid) }
        return defaultNaN(format)
    }

    /// The result of `a * b + c` with at least one operand a NaN.
    ///
    /// Infinity times zero is invalid even if `c` is a quiet NaN: IEEE 754-2019, clause 7.2 (c), leaves
    /// the choice, and RISC-V makes it (Unprivileged ISA manual, chapter "F", section
    /// "Single-Precision Floating-Point Computational Instructions").
    @inline(__always)
    static func nan<F: BinaryFormat>(
        _ format: F.Type, of a: UInt64, _ b: UInt64, _ c: UInt64, _ flags: inout FloatFlags
    ) -> UInt64 {
        let zeroTimesInfinity = isZeroTimesInfinity(format, F.magnitude(a), F.magnitude(b))
        if F.isSignaling(a) || F.isSignaling(b) || F.isSignaling(c) || zeroTimesInfinity {
            flags.raise(.invalid)
        }
        return defaultNaN(format)
    }

    /// Whether the magnitudes `a` and `b` are a zero and an infinity, in any order.
    @inline(__always)
    static func isZeroTimesInfinity<F: BinaryFormat>(_: F.Type, _ a: UInt64, _ b: UInt64) -> Bool {
        (a == 0 && b == F.infinity) || (a == F.infinity && b == 0)
    }
}
