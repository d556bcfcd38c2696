// The address of a network card.

/// An Ethernet address: 48 bits (IEEE 802-2014, 8.2).
public struct MACAddress: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    /// The six bytes as a number, the first one on the wire in the highest bits: below 2^48.
    public let value: UInt64

    /// Takes the low 48 bits.
    public init(_ value: UInt64) { self.value = value & 0xffff_ffff_ffff }

    /// Reads six bytes in the order of the wire; nil unless all are inside `bytes`.
    public init?(_ bytes: [UInt8], at offset: Int = 0) {
        guard offset >= 0, offset <= bytes.count, bytes.count - offset >= 6 else { return nil }
        var value: UInt64 = 0
        for index in 0..<6 { value = value << 8 | UInt64(bytes[offset + index]) }
        self.value = value
    }

    /// Reads text such as `52:54:00:12:34:56`; nil for anything else than six pairs of hexadecimal
    /// digits with colons between them.
    public init?(text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        var value: UInt64 = 0
        for part in parts {
            let isHexadecimal = part.utf8.count == 2 && part.allSatisfy(\.isHexDigit)
            guard isHexadecimal, let byte = UInt8(part, radix: 16) else { return nil }
            value = value << 8 | UInt64(byte)
        }
        self.value = value
    }

    /// A saved state could hold more bits than an address has.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(UInt64.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    /// The address of all cards.
    public static let broadcast = MACAddress(0xffff_ffff_ffff)

    /// The bytes in the order of the wire.
    public var bytes: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: value >> (40 - 8 * $0)) } }

    /// A group of cards: multicast or broadcast.
    public var isGroup: Bool { value >> 40 & 1 != 0 }

    public static func < (left: MACAddress, right: MACAddress) -> Bool { left.value < right.value }

    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
