// Making the refcount table larger, and leading from the file to what is new.
import HostOS

extension Refcounts {
    /// Makes sure that the next `count` free clusters, and the blocks that they need, fit into the table.
    func growTable(forClusters count: UInt64) throws(HostError) {
        while true {
            cursor = try nextFree(from: cursor)
            let needed = region(of: cursor + count) + Refcounts.spareRegions
            guard needed > table.count else { return }
            try moveTable(entryCount: needed + needed / 2)
        }
    }

    /// Blocks of new regions may lie in regions that are new themselves; a few are enough, as every
    /// region has room for at least 63 of its clusters beside its block.
    private static let spareRegions = 3

    /// Moves the table to where it has room for at least `wanted` entries.
    private func moveTable(entryCount wanted: Int) throws(HostError) {
        var clusterCount = geometry.clusterCount(UInt64(wanted) * 8)
        while clusterCount << UInt64(geometry.clusterBits) <= QCOW2Header.maximumRefcountTableByteCount {
            let run = try freeRun(of: clusterCount, from: cursor)
            // The larger table must describe the place where it is, too.
            if region(of: run.upperBound) + Refcounts.spareRegions <= entryCount(clusterCount) {
                return try adopt(run)
            }
            clusterCount += clusterCount / 2 + 1
        }
        throw full
    }

    private func entryCount(_ clusterCount: UInt64) -> Int { Int(clusterCount) << (geometry.clusterBits - 3) }

    /// Makes `run` the place of the table. An error leaves tables in memory that nobody may write.
    private func adopt(_ run: Range<UInt64>) throws(HostError) {
        for cluster in tableClusters { unlink(cluster) }
        table += [UInt64](repeating: 0, count: entryCount(UInt64(run.count)) - table.count)
        tableOffset = geometry.offset(of: run.lowerBound)
        isTableMoved = true
        do throws(HostError) {
            try claim(run)
            guard metadata.insert(run) else { throw full }
        } catch {
            store.fail(error)
            throw error
        }
    }

    /// `count` free clusters in a row, from `start` on.
    private func freeRun(of count: UInt64, from start: UInt64) throws(HostError) -> Range<UInt64> {
        var first = try nextFree(from: start)
        var end = first + 1
        while end - first < count {
            if try !isFree(end) { first = try nextFree(from: end); end = first }
            end += 1
        }
        return first..<end
    }

    /// Writes a table that nothing leads to yet.
    func writeMovedTable() throws(HostError) {
        if isTableMoved { try store.write(table, 0..<table.count, ofTableAt: tableOffset) }
    }

    /// Leads from the file to new blocks, or to a moved table. False when there was nothing to do.
    func writeLinks() throws(HostError) -> Bool {
        guard isTableMoved || !changedEntries.isEmpty else { return false }
        if isTableMoved {
            try writeTableField()
        } else {
            for entry in changedEntries {
                try store.write(table, entry..<entry + 1, ofTableAt: tableOffset)
            }
        }
        isTableMoved = false
        changedEntries = []
        return true
    }

    /// Offset and size of the table are side by side in the header, and so reach the medium as one.
    private func writeTableField() throws(HostError) {
        let clusters = geometry.clusterCount(UInt64(table.count) * 8)
        var writer = BigEndianWriter()
        writer.append(tableOffset)
        writer.append(UInt32(clusters))
        try store.write(writer.bytes, at: QCOW2Header.refcountTableField)
    }
}
