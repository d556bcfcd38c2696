// Finding free clusters of an image and counting them as used.
import HostOS

extension Refcounts {
    /// Finds up to `limit` free clusters in a row, and counts them as used.
    /// - Throws: `HostError`; ENOSPC when the format can describe no more.
    func allocate(atMost limit: Int) throws(HostError) -> Range<UInt64> {
        try growTable(forClusters: UInt64(limit))
        let first = try nextFree(from: cursor)
        var end = first + 1
        while end - first < UInt64(limit), try isFree(end) { end += 1 }
        try claim(first..<end)
        cursor = end
        return first..<end
    }

    /// The first free cluster that is not before `start`.
    func nextFree(from start: UInt64) throws(HostError) -> UInt64 {
        var cluster = start
        while cluster < geometry.clusterLimit {
            let regionEnd = (cluster >> geometry.regionBits + 1) << geometry.regionBits
            let block = try block(region(of: cluster))
            while cluster < regionEnd {
                if let block {
                    guard let index = block.firstZero(from: index(of: cluster)) else { break }
                    cluster = (cluster >> geometry.regionBits) << geometry.regionBits + UInt64(index)
                }
                if !metadata.contains(cluster) { return cluster }
                cluster += 1
            }
            cluster = regionEnd
        }
        throw full
    }

    func isFree(_ cluster: UInt64) throws(HostError) -> Bool {
        guard cluster < geometry.clusterLimit else { return false }
        return try refcount(of: cluster) == 0 && !metadata.contains(cluster)
    }

    var full: HostError {
        HostError("write disk \(store.path): its refcount table is full; convert it to larger clusters: "
            + "qemu-img convert -O qcow2 '\(store.path)' new.qcow2", code: HostError.Code.noSpace)
    }

    /// Counts free clusters as used, and makes the blocks that they need.
    func claim(_ run: Range<UInt64>) throws(HostError) {
        var next = run.upperBound
        for region in region(of: run.lowerBound)...region(of: run.upperBound - 1) {
            try makeBlock(region, after: &next)
        }
        for cluster in run {
            guard let block = try block(region(of: cluster)) else { throw full }
            block[index(of: cluster)] = 1
        }
    }

    /// Gives a region a block, if it has none, in the first free cluster from `next` on.
    func makeBlock(_ region: Int, after next: inout UInt64) throws(HostError) {
        guard region < table.count else { throw full }
        guard table[region] == 0 else { return }
        let place = try nextFree(from: next)
        next = place + 1
        // The block's own refcount may be in another region, which must be able to hold it first.
        if self.region(of: place) != region { try makeBlock(self.region(of: place), after: &next) }
        let home = try block(self.region(of: place))
        guard metadata.insert(place..<place + 1) else { throw full }
        let bytes = [UInt8](repeating: 0, count: Int(geometry.clusterByteCount))
        let block = RefcountBlock(
            offset: geometry.offset(of: place), bytes: bytes, order: geometry.refcountOrder, isDirty: true)
        try add(block, region)
        (home ?? block)[index(of: place)] = 1
        table[region] = block.offset
        changedEntries.insert(region)
    }
}
