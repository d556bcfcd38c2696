// Values that make results of vector operations interesting.

@testable import X86

/// Makes words of 64 bits out of lanes: limits, special numbers, values that are like each other.
struct VectorValues {
    enum Kind {
        case integers, text, single, double
    }

    private let kind: Kind
    /// Exponents of ordinary numbers: near one, near the limits, or any.
    private let exponents: ClosedRange<Int>
    /// Lanes that come again.
    private var pool: [UInt64] = []

    init(_ kind: Kind, _ random: inout SplitMix) {
        self.kind = kind
        let (bias, last) = kind == .single ? (127, 254) : (1023, 2046)
        switch random.below(8) {
        case 0: exponents = 0...30
        case 1: exponents = last - 30...last
        case 2: exponents = bias / 2 - 10...bias / 2 + 14
        case 3: exponents = bias + bias / 2 - 10...bias + bias / 2 + 10
        case 4: exponents = 0...last
        case 5: exponents = bias - 3...bias + 3
        default: exponents = bias - 5...bias + 66
        }
        pool = (0..<5).map { _ in fresh(&random) }
    }

    /// What the operands of an operation are, by its name.
    static func kind(of operation: X86.Operation) -> Kind {
        let name = operation.name
        func ends(_ texts: [String]) -> Bool { texts.contains { name.hasSuffix($0) } }
        if name.hasPrefix("pcmpestr") || name.hasPrefix("pcmpistr") { return .text }
        if name.hasPrefix("cvt") {
            let source = name.drop { $0 != "t" }.drop { $0 == "t" }.prefix(2)
            return source == "ps" || source == "ss" ? .single : source == "pd" || source == "sd" ? .double : .integers
        }
        if name.hasPrefix("p") { return .integers }
        return ends(["ps", "ss"]) ? .single : ends(["pd", "sd"]) ? .double : .integers
    }

    /// A word of lanes.
    mutating func word(_ random: inout SplitMix) -> UInt64 {
        switch kind {
        case .integers, .text: return random.oneIn(3) ? random.pick(pool) : fresh(&random)
        case .double: return lane(&random, 64)
        case .single: return lane(&random, 32) | lane(&random, 32) << 32
        }
    }

    /// A number that may be one that was there before, its opposite or its neighbour.
    private func lane(_ random: inout SplitMix, _ bitCount: UInt64) -> UInt64 {
        var value = random.oneIn(2) ? random.pick(pool) : fresh(&random)
        if random.oneIn(4) { value ^= 1 << (bitCount - 1) }
        if random.oneIn(8) { value ^= UInt64(random.below(4)) }
        return value
    }

    private func fresh(_ random: inout SplitMix) -> UInt64 {
        switch kind {
        case .integers: integers(&random)
        case .text: text(&random)
        case .single: number(&random, fractionBitCount: 23, maximumExponent: 0xff)
        case .double: number(&random, fractionBitCount: 52, maximumExponent: 0x7ff)
        }
    }

    private func number(_ random: inout SplitMix, fractionBitCount: UInt64, maximumExponent: UInt64) -> UInt64 {
        let sign: UInt64 = random.oneIn(2) ? (maximumExponent + 1) << fractionBitCount : 0
        let mask: UInt64 = (1 << fractionBitCount) - 1
        var fraction = random.next() & mask
        switch random.below(6) {
        case 0: fraction = 0
        case 1: fraction = fraction << UInt64(random.below(Int(fractionBitCount))) & mask
        case 2: fraction = mask << UInt64(random.below(Int(fractionBitCount))) & mask
        case 3: fraction = UInt64(random.below(3))
        default: break
        }
        var exponent = UInt64(exponents.lowerBound + random.below(exponents.count))
        switch random.below(24) {
        case 0: (exponent, fraction) = (0, 0)
        case 1: (exponent, fraction) = (maximumExponent, 0)
        case 2: (exponent, fraction) = (maximumExponent, fraction >> 1 | 1)
        case 3: (exponent, fraction) = (maximumExponent, fraction | 1 << (fractionBitCount - 1))
        case 4: exponent = 0
        case 5: (exponent, fraction) = (maximumExponent >> 1, 0)
        // Halves, and what is near the limits of integers.
        case 6: (exponent, fraction) = (maximumExponent >> 1 &- 1, fraction & 1)
        case 7: exponent = maximumExponent >> 1 + random.pick([30, 31, 32, 62, 63, 64])
        default: break
        }
        return sign | exponent << fractionBitCount | fraction
    }

    private func integers(_ random: inout SplitMix) -> UInt64 {
        if random.oneIn(8) { return UInt64(random.below(140)) }
        let width = UInt64(random.pick([8, 16, 32, 64]))
        let limits: [UInt64] = [0, 1, .max, 1 << (width - 1), 1 << (width - 1) - 1, .max - 1, 1 << (width - 1) + 1]
        return stride(from: 0, to: 64, by: Int(width)).reduce(0) { sum, place in
            let value = random.oneIn(2) ? random.next() : random.pick(limits)
            let mask = width == 64 ? .max : 1 << width - 1 as UInt64
            return sum | (value & mask) << UInt64(place)
        }
    }

    /// Characters of a small alphabet, some of them ends.
    private func text(_ random: inout SplitMix) -> UInt64 {
        let ends = random.oneIn(2)
        let isWide = random.oneIn(2)
        return stride(from: 0, to: 64, by: isWide ? 16 : 8).reduce(0) { sum, place in
            let value = UInt64(random.pick(isWide ? [1, 0x8000, 0x7fff, 0x101] : [1, 2, 0x7f, 0x80]))
            return ends && random.oneIn(10) ? sum : sum | value << UInt64(place)
        }
    }
}
