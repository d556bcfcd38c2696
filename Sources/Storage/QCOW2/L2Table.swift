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
    private let wordsPerEntry: Int

    /// A table as the file has it.
    init(offset: UInt64, words: [UInt64], wordsPerEntry: Int) {
        self.wordsPerEntry = wordsPerEntry
        self.offset = offset
        self.words = words
        isNew = false
    }

    /// A table that the file does not have yet: without entries, or a copy.
    init(newAt offset: UInt64, words: [UInt64], wordsPerEntry: Int) {
        self.wordsPerEntry = wordsPerEntry
        self.offset = offset
        self.words = words
        isNew = true
    }

    var isDirty: Bool { isNew || changed != nil }

    /// The entry of one cluster.
    subscript(index: Int) -> QCOW2Entry {
        get {
            guard wordsPerEntry == 2 else { return QCOW2Entry(word: words[index]) }
            return QCOW2Entry(word: words[2 * index], bitmap: words[2 * index + 1])
        }
        set {
            let first = index * wordsPerEntry
            words[first] = newValue.word
            if wordsPerEntry == 2 { words[first + 1] = newValue.bitmap }
            let old = changed ?? first..<first + wordsPerEntry
            changed = min(old.lowerBound, first)..<max(old.upperBound, first + wordsPerEntry)
        }
    }

    /// All of it is in the file, and the L1 table leads here.
    func becomeClean() {
        changed = nil
        isNew = false
    }
}
