// Which snapshot came from which.

/// The snapshots of a machine at one moment.
public struct SnapshotTree: Sendable {
    /// Something that can not be read.
    public struct Problem: Equatable, Sendable {
        /// The snapshot that it is about; nil when it is about the whole store.
        public let id: SnapshotID?
        /// What is wrong.
        public let error: SnapshotError
    }

    /// The snapshots, oldest first.
    public let snapshots: [SnapshotManifest]
    /// Those that were removed, but whose RAM others need.
    let hidden: [SnapshotManifest]
    /// The snapshot that the machine's RAM and disks derive from; it may be removed. Nil for a machine
    /// that never had one.
    public let position: SnapshotID?
    /// What can not be read.
    public let problems: [Problem]

    /// The nearest ancestor that is not removed; nil for a root.
    public func parent(of id: SnapshotID) -> SnapshotID? {
        guard let manifest = manifest(id) else { return nil }
        return manifest.parent.flatMap(nearest)
    }

    /// The snapshot at, or nearest above, the machine's position.
    public var visiblePosition: SnapshotID? { position.flatMap(nearest) }

    /// The snapshots whose nearest ancestor is `id`, oldest first; the roots for nil.
    public func children(of id: SnapshotID?) -> [SnapshotManifest] {
        snapshots.filter { $0.parent.flatMap(nearest) == id }
    }

    /// All snapshots that come from `id`, oldest first.
    public func descendants(of id: SnapshotID) -> [SnapshotID] {
        // Parents have smaller numbers, so one pass in order finds all.
        var family: Set<SnapshotID> = [id]
        for manifest in (snapshots + hidden).sorted(by: { $0.id < $1.id }) {
            if let parent = manifest.parent, family.contains(parent) { family.insert(manifest.id) }
        }
        return snapshots.map(\.id).filter { $0 != id && family.contains($0) }
    }

    /// The files of disks that a snapshot needs: what is not among them, nor below them, and not in use by the machine
    /// itself can be removed. Nil when something can not be read, so that nobody knows.
    public var frozenDisksInUse: Set<String>? {
        guard problems.isEmpty else { return nil }
        return Set(snapshots.flatMap(\.moment.frozenDisks))
    }

    private func manifest(_ id: SnapshotID) -> SnapshotManifest? {
        snapshots.first { $0.id == id } ?? hidden.first { $0.id == id }
    }

    /// `id`, or its nearest ancestor that is not removed.
    private func nearest(_ id: SnapshotID) -> SnapshotID? {
        var candidate: SnapshotID? = id
        while let id = candidate {
            if snapshots.contains(where: { $0.id == id }) { return id }
            candidate = hidden.first { $0.id == id }?.parent
        }
        return nil
    }
}
