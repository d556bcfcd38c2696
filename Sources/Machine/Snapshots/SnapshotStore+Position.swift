// The small files of the store: which snapshot the machine derives from, and the next number.
import HostOS

extension SnapshotStore {
    private var positionPath: String { folder + "/current" }
    private var nextPath: String { folder + "/next" }

    /// The snapshot that the machine's RAM and disks derive from; it may have been removed since, in
    /// which case its layer is kept. Nil for a machine that never had a snapshot.
    /// - Throws: `SnapshotError.damaged`, `.host`.
    public func position() throws(SnapshotError) -> SnapshotID? {
        guard Folder.exists(positionPath) else { return nil }
        var text = try line(of: positionPath)
        while true {
            guard let id = SnapshotID(text) else {
                throw .damaged(path: positionPath, why: "it does not name a snapshot")
            }
            if isHidden(id) != nil { return id }
            // The position may just have moved on, and what it was have gone.
            let again = try line(of: positionPath)
            guard again != text else {
                throw .damaged(path: positionPath, why: "it names \(id), which does not exist")
            }
            text = again
        }
    }

    /// Says that the machine's RAM and disks derive from `id` from now on, or from no snapshot. Layers
    /// that nobody needs any more are removed.
    /// - Throws: `SnapshotError.notFound`, `.busy`, `.host`.
    public func setPosition(_ id: SnapshotID?) throws(SnapshotError) {
        try withLock { () throws(SnapshotError) in
            if let id, isHidden(id) == nil { throw .notFound(id.description, near: nil) }
            try writePosition(id)
            sweep()
        }
    }

    /// The caller has the lock.
    func writePosition(_ id: SnapshotID?) throws(SnapshotError) {
        try SnapshotError.wrapping { () throws(HostError) in
            if let id { return try SnapshotFile.replace(positionPath, with: Array("\(id)\n".utf8)) }
            try Folder.removeFile(positionPath)
            try SnapshotFile.flushFolder(folder)
        }
    }

    /// A number that no snapshot of this machine has had. The caller has the lock.
    func takeNumber() throws(SnapshotError) -> SnapshotID {
        let entries = try entries()
        var number: UInt64 = 1
        if Folder.exists(nextPath) {
            guard let stored = UInt64(try line(of: nextPath)), stored > 0 else {
                throw .damaged(path: nextPath, why: "it is not the number of the next snapshot")
            }
            number = stored
        }
        // A copied or repaired folder may have snapshots that the file does not know of.
        if let newest = (entries.visible + entries.hidden).max() { number = max(number, newest.number &+ 1) }
        let next = number.addingReportingOverflow(1)
        guard !next.overflow, let id = SnapshotID(number: number) else {
            throw .damaged(path: nextPath, why: "there are no numbers left")
        }
        try SnapshotError.wrapping { () throws(HostError) in
            try SnapshotFile.replace(nextPath, with: Array("\(next.partialValue)\n".utf8))
        }
        return id
    }

    /// The one line of a small file, without its end.
    private func line(of path: String) throws(SnapshotError) -> String {
        let bytes = try SnapshotFile.contents(of: path, limit: 64)
        guard bytes.last == UInt8(ascii: "\n") else { throw .damaged(path: path, why: "its line has no end") }
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }
}
