// 128 bits, seen as lanes of any size.

/// The contents of an XMM register.
struct Vector128: Equatable {
    var low: UInt64
    var high: UInt64

    init(_ low: UInt64, _ high: UInt64 = 0) {
        self.low = low
        self.high = high
    }

    static let zero = Vector128(0, 0)

    /// How many lanes there are.
    @inline(__always)
    static func count<Lane: FixedWidthInteger>(_ type: Lane.Type) -> Int { 128 / Lane.bitWidth }

    /// Lane `index`, 0 being the lowest.
    @inline(__always)
    func lane<Lane: FixedWidthInteger>(_ index: Int, _ type: Lane.Type) -> Lane {
        let bit = index &* Lane.bitWidth
        return Lane(truncatingIfNeeded: bit < 64 ? low >> UInt64(bit) : high >> UInt64(bit &- 64))
    }

    @inline(__always)
    mutating func setLane<Lane: FixedWidthInteger>(_ index: Int, _ value: Lane) {
        let bit = UInt64(index &* Lane.bitWidth & 63)
        let mask = (Lane.bitWidth == 64 ? UInt64.max : (1 << UInt64(Lane.bitWidth)) &- 1) << bit
        let placed = UInt64(truncatingIfNeeded: value) << bit & mask
        if index &* Lane.bitWidth < 64 { low = low & ~mask | placed } else { high = high & ~mask | placed }
    }

    /// A vector of lanes made one by one.
    @inline(__always)
    static func make<Lane: FixedWidthInteger>(_ type: Lane.Type, _ body: (Int) -> Lane) -> Vector128 {
        var result = Vector128.zero
        for index in 0..<count(type) { result.setLane(index, body(index)) }
        return result
    }

    /// Lanes of two vectors, combined.
    @inline(__always)
    func combined<Lane: FixedWidthInteger>(
        _ other: Vector128, _ type: Lane.Type, _ body: (Lane, Lane) -> Lane
    ) -> Vector128 {
        Self.make(type) { body(lane($0, type), other.lane($0, type)) }
    }

    /// Shifted right by whole bytes, zeros coming in.
    func shiftedRight(bytes count: Int) -> Vector128 {
        switch count {
        case 0: self
        case 1..<8: Vector128(low >> UInt64(count * 8) | high << UInt64(64 - count * 8), high >> UInt64(count * 8))
        case 8..<16: Vector128(high >> UInt64((count - 8) * 8))
        default: .zero
        }
    }

    /// Shifted left by whole bytes, zeros coming in.
    func shiftedLeft(bytes count: Int) -> Vector128 {
        switch count {
        case 0: self
        case 1..<8: Vector128(low << UInt64(count * 8), high << UInt64(count * 8) | low >> UInt64(64 - count * 8))
        case 8..<16: Vector128(0, low << UInt64((count - 8) * 8))
        default: .zero
        }
    }
}
