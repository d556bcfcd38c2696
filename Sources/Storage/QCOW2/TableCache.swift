// A bounded number of tables of an image in memory.

/// A table that was read from an image, or is to be written to it.
protocol CachedTable: AnyObject {
    /// It has what the file does not have yet.
    var isDirty: Bool { get }
    /// When it was used last, in uses of the cache.
    var lastUse: UInt64 { get set }
}

/// Tables by their index; the one not used for longest makes room for another.
struct TableCache<Table: CachedTable> {
    private var tables: [Int: Table] = [:]
    private let capacity: Int
    private var useCount: UInt64 = 0

    /// A cache of about `byteCount` bytes, for tables of `tableByteCount` bytes each.
    init(byteCount: UInt64, tableByteCount: UInt64) {
        // At least a few, whatever their size; not so many that finding the oldest takes long.
        capacity = Int(min(max(byteCount / tableByteCount, 8), 1024))
    }

    var isFull: Bool { tables.count >= capacity }

    var hasDirty: Bool { tables.values.contains(where: \.isDirty) }

    /// The tables that must be written some time, in the order of their indices.
    var dirty: [(index: Int, table: Table)] {
        tables.filter(\.value.isDirty).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    mutating func find(_ index: Int) -> Table? {
        guard let table = tables[index] else { return nil }
        useCount += 1
        table.lastUse = useCount
        return table
    }

    mutating func insert(_ table: Table, at index: Int) {
        useCount += 1
        table.lastUse = useCount
        tables[index] = table
    }

    /// Forgets the clean table that was not used for longest; false when there is no clean one.
    mutating func evictOldestClean() -> Bool {
        let clean = tables.lazy.filter { !$0.value.isDirty }
        guard let oldest = clean.min(by: { $0.value.lastUse < $1.value.lastUse })?.key else { return false }
        tables[oldest] = nil
        return true
    }
}
