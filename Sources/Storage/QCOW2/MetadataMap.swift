// Which clusters of an image hold its own tables, so that no guest data ever goes there.

/// The clusters of header, L1 table, L2 tables, refcount table and refcount blocks.
final class MetadataMap {
    private var clusters: Set<UInt64> = []

    func contains(_ cluster: UInt64) -> Bool { clusters.contains(cluster) }

    /// False when one of them was there before: two tables can not be in one place.
    func insert(_ range: Range<UInt64>) -> Bool {
        range.allSatisfy { clusters.insert($0).inserted }
    }

    func remove(_ range: Range<UInt64>) {
        for cluster in range { clusters.remove(cluster) }
    }
}
