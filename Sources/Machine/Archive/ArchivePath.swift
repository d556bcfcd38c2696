// The names that files in an archive can have.

/// What a path in an archive is. There is no other path: whatever an archive says, it is unpacked into these.
enum ArchivePath: Equatable {
    /// The description of the machine.
    case specification
    /// A disk, or something that the machine boots; `machine.yaml` names it.
    case ownFile
    /// What disks are written to after snapshots.
    case overlay
    /// A part of a snapshot, or one of the small files beside them.
    case snapshot

    /// Where files go that the machine has elsewhere.
    static let filesFolder = "files"
    private static let overlaysFolder = "overlays"
    private static let snapshotsFolder = "snapshots"
    private static let parts = ["manifest", "state", "ram"]
    /// What a bundle has beside its files, and what a running machine has in its folder.
    private static let reserved: Set<String> = [
        filesFolder, overlaysFolder, snapshotsFolder, "lock", "console.sock", "control.sock", "gdb.sock",
        "statistics.json", "starling.log", MachineBundle.symbolFileName,
    ]

    /// Nil for every path that no bundle has.
    init?(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard path.utf8.count <= ArchiveIndex.maximumPathByteCount, parts.allSatisfy(Self.isPlain) else { return nil }
        switch (parts.count, parts[0]) {
        case (1, MachineBundle.specName): self = .specification
        case (1, let name) where !Self.reserved.contains(name): self = .ownFile
        case (2, Self.filesFolder): self = .ownFile
        case (2, Self.overlaysFolder) where parts[1] == "current" || parts[1].hasSuffix(".qcow2"): self = .overlay
        case (2, Self.snapshotsFolder) where ["current", "next"].contains(parts[1]): self = .snapshot
        case (3, Self.snapshotsFolder) where Self.isSnapshotPart(parts[1], parts[2]): self = .snapshot
        default: return nil
        }
    }

    /// Letters, digits and a little more: no folder above, no hidden file, nothing that a shell or another file
    /// system reads in its own way.
    static func isPlain(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, isAlphanumeric(first), name.utf8.count <= 200 else {
            return false
        }
        return name.unicodeScalars.allSatisfy { isAlphanumeric($0) || [".", "_", "-", "+"].contains($0) }
    }

    private static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }

    private static func isSnapshotPart(_ folder: String, _ name: String) -> Bool {
        let suffix = SnapshotStore.hiddenSuffix
        let isHidden = folder.hasSuffix(suffix)
        guard SnapshotID(isHidden ? String(folder.dropLast(suffix.count)) : folder) != nil else { return false }
        return parts.contains(name) && !(isHidden && name == "state")
    }
}
