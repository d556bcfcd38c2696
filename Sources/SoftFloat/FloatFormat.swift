// The two binary interchange formats that the arithmetic knows.

/// A binary interchange format (IEEE 754-2019, clause 3.6, table 3.5).
public enum FloatFormat: UInt8, Sendable, CaseIterable {
    /// binary32: 8 exponent bits, precision 24. Values sit in bits 31...0 of a `UInt64`.
    case single
    /// binary64: 11 exponent bits, precision 53.
    case double
}
