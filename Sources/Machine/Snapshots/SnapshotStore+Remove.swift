// Removing snapshots, while their descendants stay whole.
import HostOS

extension SnapshotStore {
    /// Removes a snapshot, damaged or not. It and its name are gone at once; its RAM is kept, unseen, as
    /// long as a descendant or the machine's position needs it.
    /// - Throws: `SnapshotError.notFound`, `.busy`, `.host`.
    public func remove(_ id: SnapshotID) throws(SnapshotError) {
        try withLock { () throws(SnapshotError) in
            WorkFolder.removeAbandoned(in: folder)
            guard Folder.exists(path(of: id)) else { throw .notFound(id.description, near: nil) }
            try SnapshotError.wrapping { () throws(HostError) in
                // Only hands make a snapshot both seen and hidden.
                try Folder.removeTree(path(of: id, isHidden: true))
                try Folder.rename(path(of: id), to: path(of: id, isHidden: true))
                try SnapshotFile.flushFolder(folder)
            }
            sweep()
        }
    }

    /// Removes the hidden layers that nobody needs. When it can not be known what is needed, all are kept.
    /// The caller has the lock; what can not be removed is left for later.
    func sweep() {
        guard let tree = try? list(), let needed = neededAncestors(in: tree) else { return }
        for id in tree.hidden.map(\.id) + tree.problems.compactMap(\.id) {
            if needed.contains(id) {
                try? Folder.removeFile(path(of: id, isHidden: true) + "/state")
            } else {
                removeHidden(id)
            }
        }
    }

    /// What snapshots and the machine derive from; nil when one of these can not be read.
    private func neededAncestors(in tree: SnapshotTree) -> Set<SnapshotID>? {
        // A snapshot that can not be read needs nobody knows what; a hidden one may be in the way of nobody.
        let isCertain = tree.problems.allSatisfy { $0.id.map { !Folder.exists(path(of: $0)) } ?? false }
        guard isCertain else { return nil }
        let all = (tree.snapshots + tree.hidden).map { ($0.id, $0.parent) }
        let parents = Dictionary(all, uniquingKeysWith: { visible, _ in visible })
        var needed: Set<SnapshotID> = []
        for start in tree.snapshots.map(\.id) + (tree.position.map { [$0] } ?? []) {
            var next: SnapshotID? = start
            while let id = next, needed.insert(id).inserted {
                guard let parent = parents[id] else { return nil }
                next = parent
            }
        }
        return needed
    }

    /// It disappears at once; then its files are deleted.
    private func removeHidden(_ id: SnapshotID) {
        let doomed = "\(folder)/\(WorkFolder.name(for: id.description + Self.hiddenSuffix))"
        do throws(HostError) {
            try Folder.removeTree(doomed)
            try Folder.rename(path(of: id, isHidden: true), to: doomed)
            try Folder.removeTree(doomed)
        } catch {
            return
        }
    }
}
