// The two types that an IR value can have.

/// The type of an IR value.
public enum IRType: UInt8, Sendable, CaseIterable {
    /// 64 bits; narrower guest values are kept zero- or sign-extended by explicit operations.
    case i64
    /// A truth value: what comparisons give and what selects, branches and conditional raises take.
    case i1
}
