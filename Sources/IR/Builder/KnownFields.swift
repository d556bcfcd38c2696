// What the builder knows of CPU state while it writes a block.

/// The state bytes whose contents are in a value: at most one field of each aligned eight bytes.
struct KnownFields: Sendable {
    struct Field: Sendable {
        var offset: Int32 = -1
        var width: UInt8 = 0
        /// The value holds nothing above the field's bytes.
        var isZeroExtended = false
        /// What is known is of this generation of the table.
        var generation: UInt32 = 0
        /// The index of the value.
        var value: Int32 = 0
    }

    /// By granule (offset divided by 8), modulo the count: knowledge can be displaced, but never be wrong.
    private var fields = [Field](repeating: Field(), count: 128)
    private var generation: UInt32 = 1

    private func slot(_ offset: Int) -> Int { (offset >> 3) & 127 }

    /// What is known of exactly `width` bytes at `offset`.
    func field(_ offset: Int, width: UInt8) -> Field? {
        let field = fields[slot(offset)]
        let isKnown = field.generation == generation && Int(field.offset) == offset && field.width == width
        return isKnown ? field : nil
    }

    /// The bytes are now those of `value`. Forgets what overlaps, and more: all else in the granules.
    mutating func remember(_ offset: Int, width: UInt8, value: Int32, isZeroExtended: Bool) {
        let last = offset + Int(width) - 1
        if last >> 3 != offset >> 3 {
            fields[slot(offset)].generation = 0
            fields[slot(last)].generation = 0
            return
        }
        fields[slot(offset)] = Field(
            offset: Int32(truncatingIfNeeded: offset), width: width, isZeroExtended: isZeroExtended,
            generation: generation, value: value)
    }

    /// Forgets the field that holds the byte at `offset`.
    mutating func forget(_ offset: Int) {
        let field = fields[slot(offset)]
        if Int(field.offset) <= offset, offset < Int(field.offset) + Int(field.width) {
            fields[slot(offset)].generation = 0
        }
    }

    /// Forgets everything.
    mutating func clear() { generation &+= 1 }
}
