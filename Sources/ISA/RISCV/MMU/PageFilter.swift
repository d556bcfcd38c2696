// A small set of pages that may have false members.

/// Tells which pages are surely not in a set: one bit for each of 1,024 classes of page numbers.
struct PageFilter {
    private var bits = InlineArray<16, UInt64>(repeating: 0)
    private(set) var isEmpty = true

    private static func position(_ address: UInt64) -> (word: Int, bit: UInt64) {
        let number = address >> 12
        // Programs, libraries and the stack lie far apart: the upper bits count too.
        let mixed = number ^ (number >> 10)
        return (Int((mixed >> 6) & 15), 1 << (mixed & 63))
    }

    /// Adds the page that holds `address`.
    mutating func insert(_ address: UInt64) {
        let (word, bit) = Self.position(address)
        bits[word] |= bit
        isEmpty = false
    }

    /// Whether the page that holds `address` may have been added.
    func mayContain(_ address: UInt64) -> Bool {
        let (word, bit) = Self.position(address)
        return bits[word] & bit != 0
    }
}
