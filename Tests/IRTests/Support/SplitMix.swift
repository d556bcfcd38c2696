// Deterministic random numbers with a taste for edge cases.

/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }

    static let edges: [UInt64] = [
        0, 1, 2, 63, 64, 65, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
        0x1_0000_0000, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, .max, .max - 1,
        0x3ff0_0000_0000_0000, 0x7ff0_0000_0000_0000, 0x7ff8_0000_0000_0000, 0x3f80_0000, 0x7f80_0001,
    ]

    /// An edge case, a small or narrow number, or anything.
    mutating func operand() -> UInt64 {
        switch below(4) {
        case 0: pick(Self.edges)
        case 1: next() >> UInt64(below(64))
        case 2: ~(next() >> UInt64(below(64)))
        default: next()
        }
    }
}
