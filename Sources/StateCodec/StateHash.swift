// A 128-bit fingerprint of machine state.

/// The XXH3 hash of 128 bits (the xxHash specification, "XXH3 128-bit"), without a seed.
///
/// It tells states apart that differ by accident, such as two runs that should have been the same. It
/// is no protection against somebody who wants two states with one hash.
public struct StateHash: Hashable, Sendable {
    /// The most significant half.
    public let high: UInt64
    /// The least significant half.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The hash of `bytes`.
    public init(hashing bytes: [UInt8]) {
        let hasher = StateHasher()
        bytes.withUnsafeBytes(hasher.update)
        self = hasher.finalize()
    }
}

extension StateHash: LosslessStringConvertible {
    /// 32 hexadecimal digits, most significant first, as `xxh128sum` prints them.
    public var description: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Reads what `description` gives; `nil` for anything but 32 lower-case hexadecimal digits.
    public init?(_ description: String) {
        let digits = description.utf8
        guard digits.count == 32, digits.allSatisfy(Self.isDigit) else { return nil }
        guard let high = UInt64(description.prefix(16), radix: 16),
            let low = UInt64(description.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}
