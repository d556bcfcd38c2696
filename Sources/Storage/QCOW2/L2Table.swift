// One L2 table in memory: where the clusters of a stretch of the disk are.

/// The entries of one L2 table, with what the file does not have yet.
final class L2Table: CachedTable {
    /// Where in the file the table is, or will be.
    let offset: UInt64
    private(set) var words: [UInt64]
    /// The entries that differ from the file's.
    private(set) var changed: Range<Int>?
    /// The L1 table in the file does not lead here yet.
    private(set) var isNew: Bool
    var lastUse: UInt64 = 0

    /// A table as the file has it.
    init(offset: UInt64, words: [UInt64]) {
        self.offset = offset
        self.words = words
        isNew = false
    }

    /// A table that the file does not have yet, without entries.
    init(newAt offset: UInt64, entryCount: Int) {
        self.offset = offset
        words = [UInt64](repeating: 0, count: entryCount)
        isNew = true
    }

    var isDirty: Bool { isNew || changed != nil }

    subscript(index: Int) -> UInt64 {
        get { words[index] }
        set {
            words[index] = newValue
            let old = changed ?? index..<index + 1
            changed = min(old.lowerBound, index)..<max(old.upperBound, index + 1)
        }
    }

    /// All of it is in the file, and the L1 table leads here.
    func becomeClean() {
        changed = nil
        isNew = false
    }
}
