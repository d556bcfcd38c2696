// What a pass knows about CPU state, by aligned eight bytes.

/// A small cache from granules (state offset divided by 8) to what is known of them. Two granules can
/// share a slot; the newer then displaces the older, so knowledge can be lost but never be wrong.
struct StateGranules<Content> {
    private struct Slot {
        var granule: Int
        /// The slot is empty unless this is the table's current generation.
        var generation: UInt32
        var content: Content
    }

    private var slots: [Slot]
    private var generation: UInt32 = 1
    private static var slotCount: Int { 64 }

    init(filler: Content) {
        slots = Array(repeating: Slot(granule: 0, generation: 0, content: filler), count: Self.slotCount)
    }

    /// What is known of `granule`, if anything.
    subscript(granule: Int) -> Content? {
        get {
            let slot = slots[granule & (Self.slotCount - 1)]
            return slot.generation == generation && slot.granule == granule ? slot.content : nil
        }
        set {
            let index = granule & (Self.slotCount - 1)
            if let newValue {
                slots[index] = Slot(granule: granule, generation: generation, content: newValue)
            } else if slots[index].granule == granule {
                slots[index].generation = 0
            }
        }
    }

    /// Forgets everything. Cheap: a block has fewer instructions than there are generations.
    mutating func clear() { generation += 1 }
}

extension Range<Int> {
    /// The first and the last granule that the (not empty) range touches.
    var granules: ClosedRange<Int> { lowerBound >> 3...(upperBound - 1) >> 3 }
}
