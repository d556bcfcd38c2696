// The snapshots of a machine, in the folder `snapshots` of its bundle.
import HostOS
import StateCodec

// The folder:
//
//     s1/ s2/ ...     snapshots, each with `manifest`, `state` and `ram`; they appear whole and never change
//     s3.layer/       the manifest and RAM of a snapshot that was removed, as long as another one needs them
//     current         the ID of the snapshot that the machine's RAM and disks derive from
//     next            the number of the next snapshot
//     lock            locked while one of the above changes
//     .work-PID-...   what a process is putting together or removing

/// The snapshots of one machine.
///
/// All functions may be called at any time by any number of processes, while the machine runs or not.
public struct SnapshotStore: Equatable, Sendable {
    /// The folder of the snapshots; need not exist.
    public let folder: String
    let maximumRunCount: Int

    /// The snapshots of the bundle at `bundlePath`.
    public init(bundlePath: String) {
        self.init(bundlePath: bundlePath, maximumRunCount: RAMChain.maximumRunCount)
    }

    /// - Parameter maximumRunCount: RAM in more runs than this is merged.
    init(bundlePath: String, maximumRunCount: Int) {
        folder = bundlePath + "/snapshots"
        self.maximumRunCount = maximumRunCount
    }

    /// All snapshots. One that is damaged is listed as a problem and hides no others.
    /// - Throws: `SnapshotError.host` when the folder can not be read.
    public func list() throws(SnapshotError) -> SnapshotTree {
        // A snapshot may become hidden, or go, between two looks at the folder: then another look tells.
        for _ in 0..<8 {
            if let tree = try listOnce() { return tree }
        }
        throw .busy(path: folder, process: nil)
    }

    /// Nil when somebody removed a snapshot meanwhile.
    private func listOnce() throws(SnapshotError) -> SnapshotTree? {
        let entries = try entries()
        var problems: [SnapshotTree.Problem] = []
        var isOutdated = false
        func read(_ id: SnapshotID, isHidden: Bool) -> SnapshotManifest? {
            do throws(SnapshotError) {
                return try manifest(of: id, isHidden: isHidden)
            } catch {
                problems.append(.init(id: id, error: error))
                if !Folder.exists(path(of: id, isHidden: isHidden)) { isOutdated = true }
                return nil
            }
        }
        let visible = entries.visible.compactMap { read($0, isHidden: false) }
        let hidden = entries.hidden.compactMap { read($0, isHidden: true) }
        var current: SnapshotID?
        do throws(SnapshotError) {
            current = try position()
        } catch {
            problems.append(.init(id: nil, error: error))
        }
        if isOutdated { return nil }
        return SnapshotTree(snapshots: visible, hidden: hidden, position: current, problems: problems)
    }

    /// The snapshot with this name or ID.
    /// - Throws: `SnapshotError.notFound`, or the reason why the one with this ID can not be read.
    public func find(_ nameOrID: String) throws(SnapshotError) -> SnapshotManifest {
        if let id = SnapshotID(nameOrID), Folder.exists(path(of: id)) {
            return try manifest(of: id, isHidden: false)
        }
        let tree = try list()
        if let found = tree.snapshots.first(where: { $0.name == nameOrID }) { return found }
        let known = tree.snapshots.flatMap { [$0.id.description] + ($0.name.map { [$0] } ?? []) }
        throw .notFound(nameOrID, near: NearestName.of(nameOrID, among: known))
    }

    /// Removes what killed processes have left behind. Making and removing snapshots do it too.
    public func clean() throws(SnapshotError) {
        guard Folder.exists(folder) else { return }
        try withLock { () throws(SnapshotError) in
            WorkFolder.removeAbandoned(in: folder)
            sweep()
        }
    }

    func path(of id: SnapshotID, isHidden: Bool = false) -> String {
        "\(folder)/\(id)\(isHidden ? Self.hiddenSuffix : "")"
    }

    static let hiddenSuffix = ".layer"

    /// The IDs of the folders that are there, ascending.
    func entries() throws(SnapshotError) -> (visible: [SnapshotID], hidden: [SnapshotID]) {
        guard Folder.exists(folder) else { return ([], []) }
        let names = try SnapshotError.wrapping { () throws(HostError) in try Folder.names(in: folder) }
        let hidden = names.filter { $0.hasSuffix(Self.hiddenSuffix) }.compactMap {
            SnapshotID(String($0.dropLast(Self.hiddenSuffix.count)))
        }
        return (names.compactMap { SnapshotID($0) }.sorted(), hidden.sorted())
    }

    /// Reads and checks a manifest.
    func manifest(of id: SnapshotID, isHidden: Bool) throws(SnapshotError) -> SnapshotManifest {
        let path = path(of: id, isHidden: isHidden) + "/manifest"
        let bytes = try SnapshotFile.contents(of: path, limit: SnapshotManifest.limits.maximumBytes)
        let manifest = try SnapshotManifest(decoding: bytes, path: path)
        guard manifest.id == id else {
            throw .damaged(path: path, why: "it is the manifest of \(manifest.id)")
        }
        return manifest
    }

    /// Whether the snapshot is hidden; nil when it is not there. It may become hidden at any time, but never
    /// the other way round.
    func isHidden(_ id: SnapshotID) -> Bool? {
        if Folder.exists(path(of: id)) { return false }
        return Folder.exists(path(of: id, isHidden: true)) ? true : nil
    }
}
