// Sizes with a unit, as people write them.

/// A number of bytes that is written with a binary unit: `512MiB`, `1GiB`. `M` means `MiB`.
public struct ByteSize: Equatable, Sendable, LosslessStringConvertible {
    /// The number of bytes.
    public var bytes: UInt64

    /// So many bytes.
    public init(bytes: UInt64) { self.bytes = bytes }

    /// So many times 2^20 bytes.
    public init(mebibytes: UInt64) { bytes = mebibytes << 20 }

    private static let units: [(name: Character, shift: UInt64)] = [("T", 40), ("G", 30), ("M", 20), ("K", 10)]

    /// Reads a whole number with one of the units KiB, MiB, GiB and TiB; nil for anything else.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let rest = text.dropFirst(digits.count)
        guard let number = UInt64(digits), let letter = rest.first,
            rest.dropFirst().isEmpty || rest.dropFirst() == "iB",
            let unit = Self.units.first(where: { $0.name == letter })
        else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << unit.shift)
        if overflow { return nil }
        self.bytes = bytes
    }

    /// With the largest unit that leaves a whole number; bytes that fit none are rounded up to KiB.
    public var description: String {
        for unit in Self.units where bytes != 0 && bytes & ((1 << unit.shift) - 1) == 0 {
            return "\(bytes >> unit.shift)\(unit.name)iB"
        }
        return "\(bytes >> 10 + (bytes & 1023 == 0 ? 0 : 1))KiB"
    }
}
