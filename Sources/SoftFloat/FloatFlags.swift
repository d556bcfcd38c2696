// The five exception flags.

/// Accrued exception flags (IEEE 754-2019, clause 7).
///
/// The raw value has the bit order of `fflags` (RISC-V Unprivileged ISA manual, chapter "F", section
/// "Floating-Point Control and Status Register").
public struct FloatFlags: OptionSet, Sendable {
    /// The flags as `fflags` holds them; bits 7...5 are unused.
    public let rawValue: UInt8

    /// Takes flags as `fflags` holds them.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    // Computed, not stored: a stored global would be read through an accessor by other modules.

    /// NX: the rounded result differs from the exact one.
    public static var inexact: FloatFlags { FloatFlags(rawValue: 1) }
    /// UF: the result is tiny, judged after rounding, and inexact.
    public static var underflow: FloatFlags { FloatFlags(rawValue: 2) }
    /// OF: the rounded result exceeds the largest finite number of the format.
    public static var overflow: FloatFlags { FloatFlags(rawValue: 4) }
    /// DZ: an exact infinity came from finite operands.
    public static var divideByZero: FloatFlags { FloatFlags(rawValue: 8) }
    /// NV: the operation has no usefully definable result, or an operand was a signalling NaN.
    public static var invalid: FloatFlags { FloatFlags(rawValue: 16) }

    /// Adds `flags` to the accrued ones.
    @inline(__always)
    mutating func raise(_ flags: FloatFlags) { self = FloatFlags(rawValue: rawValue | flags.rawValue) }
}
