// The namespace of the exact floating-point operations, and their common rules.

/// binary32 and binary64 arithmetic, exact to the bit, in integer instructions only.
///
/// Rules that hold for every operation:
/// - Operands are encodings in the low 32 (`single`) or 64 (`double`) bits; for `single` the upper
///   half of an operand is ignored and that of a result is zero. NaN boxing is the caller's affair.
/// - `flags` accrues: an operation sets the flags that it raises and clears none.
/// - Tininess is detected after rounding (IEEE 754-2019, clause 7.5, choice (a); required by the
///   RISC-V Unprivileged ISA manual, chapter "F", section "Subnormal Arithmetic").
/// - Which NaN comes out is decided in `SoftFloat+NaN.swift` and nowhere else.
/// - Nothing here allocates, throws or traps, whatever the operands are.
///
/// Inside, a finite nonzero number is a biased exponent, as wide as needed, and a 64-bit significand
/// whose leading one is bit 63: the value is `significand / 2^63 * 2^(exponent - bias)`. Bits that do
/// not fit are folded into bit 0 ("sticky"), which is exact because every format keeps at least
/// eleven bits fewer than 64. An operation ends in `round`, the only place that rounds and encodes.
public enum SoftFloat {}
