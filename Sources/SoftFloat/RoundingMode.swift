// The five rounding directions.

/// A rounding-direction attribute (IEEE 754-2019, clause 4.3).
///
/// The raw values are the encodings of the `rm` field and of `frm` (RISC-V Unprivileged ISA manual,
/// chapter "F", section "Floating-Point Control and Status Register"), so a decoder can use
/// `RoundingMode(rawValue:)` and treat `nil` as the reserved or dynamic encodings.
public enum RoundingMode: UInt8, Sendable, CaseIterable {
    /// roundTiesToEven (RNE).
    case nearestEven = 0
    /// roundTowardZero (RTZ).
    case towardZero = 1
    /// roundTowardNegative (RDN).
    case down = 2
    /// roundTowardPositive (RUP).
    case up = 3
    /// roundTiesToAway (RMM).
    case nearestAway = 4
}
