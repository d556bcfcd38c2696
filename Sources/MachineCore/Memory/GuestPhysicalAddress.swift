// The address of a byte as devices and page tables see it, and the width of one access.

/// A guest-physical byte address. A plain integer: the interpreter and the translator do
/// arithmetic on it millions of times per second, and devices index with offsets from it.
public typealias GuestPhysicalAddress = UInt64

/// The width of one memory or register access in bytes.
public enum AccessWidth: UInt8, Sendable, Codable {
    case byte = 1
    case half = 2
    case word = 4
    case double = 8

    /// The number of bytes moved: 1, 2, 4 or 8.
    @inlinable public var byteCount: UInt64 { UInt64(rawValue) }

    /// All bits of a value of this width set.
    @inlinable public var mask: UInt64 { self == .double ? ~0 : (1 << (byteCount &* 8)) &- 1 }
}
