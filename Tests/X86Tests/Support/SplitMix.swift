// A small deterministic random number generator.

/// Random numbers by SplitMix64.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A number from 0 to `limit - 1`.
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }
    mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
    mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }
}
