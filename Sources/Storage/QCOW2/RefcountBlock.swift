// One refcount block in memory: how often each cluster of a stretch of the file is used.

/// The refcounts of one region, in the file's own bytes.
final class RefcountBlock: CachedTable {
    /// Where in the file the block is, or will be.
    let offset: UInt64
    private(set) var bytes: [UInt8]
    private(set) var isDirty: Bool
    var lastUse: UInt64 = 0
    private let order: Int

    /// A block of refcounts with 1 << `order` bits each.
    init(offset: UInt64, bytes: [UInt8], order: Int, isDirty: Bool) {
        self.offset = offset
        self.bytes = bytes
        self.order = order
        self.isDirty = isDirty
    }

    /// Refcounts of less than a byte start at its least significant bit, longer ones are big-endian.
    subscript(index: Int) -> UInt64 {
        get {
            guard order < 3 else {
                let size = 1 << (order - 3)
                return bytes[index * size..<(index + 1) * size].reduce(0) { $0 << 8 | UInt64($1) }
            }
            let bit = index << order
            return UInt64(bytes[bit >> 3] >> UInt8(bit & 7) & mask)
        }
        set {
            isDirty = true
            guard order < 3 else { return setWide(newValue, index) }
            let bit = index << order
            let shift = UInt8(bit & 7)
            bytes[bit >> 3] = bytes[bit >> 3] & ~(mask << shift) | (UInt8(newValue) & mask) << shift
        }
    }

    func becomeClean() { isDirty = false }

    /// The first refcount of zero that is not before `start`; nil when there is none.
    func firstZero(from start: Int) -> Int? {
        let count = (bytes.count * 8) >> order
        guard order == 4 else { return (start..<max(start, count)).first { self[$0] == 0 } }
        // Nearly all images have refcounts of 16 bits, and they are millions.
        return bytes.withUnsafeBytes { bytes in
            let halves = bytes.bindMemory(to: UInt16.self)
            return (start..<max(start, count)).first { halves[$0] == 0 }
        }
    }

    /// The bits of a refcount of less than a byte.
    private var mask: UInt8 { UInt8((1 << (1 << order)) - 1) }

    private func setWide(_ value: UInt64, _ index: Int) {
        let size = 1 << (order - 3)
        for place in 0..<size {
            bytes[index * size + place] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (size - 1 - place)))
        }
    }
}
