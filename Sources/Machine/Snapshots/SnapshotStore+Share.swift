// A snapshot in another machine.
import HostOS

extension SnapshotStore {
    /// Gives the machine of `other`, which is being made and has no snapshots, this one and what it needs of others,
    /// and makes it the machine's position. Files are shared, so that it takes no time and no space.
    /// - Throws: `SnapshotError.notFound`, `.damaged`, `.host`.
    func share(_ manifest: SnapshotManifest, with other: SnapshotStore) throws(SnapshotError) {
        // Nothing is swept away meanwhile.
        try withLock { () throws(SnapshotError) in
            // All that restoring needs is there.
            _ = try ram(of: manifest)
            try SnapshotError.wrapping { () throws(HostError) in
                try Folder.make(other.folder)
                try shareFiles(of: manifest.id, ["manifest", "state", "ram"], as: other.path(of: manifest.id))
            }
            var child = manifest
            while let id = child.parent, id < child.id, isHidden(id) != nil {
                try SnapshotError.wrapping { () throws(HostError) in
                    try shareFiles(of: id, ["manifest", "ram"], as: other.path(of: id, isHidden: true))
                }
                child = try existing(id)
            }
        }
        try other.setPosition(manifest.id)
    }

    private func shareFiles(of id: SnapshotID, _ names: [String], as folder: String) throws(HostError) {
        try Folder.make(folder)
        let own = path(of: id, isHidden: isHidden(id) ?? false)
        for name in names { try File.share("\(own)/\(name)", as: "\(folder)/\(name)") }
        let mark = "ram\(VerificationMark.suffix)"
        if Folder.exists("\(own)/\(mark)") { try File.share("\(own)/\(mark)", as: "\(folder)/\(mark)") }
    }
}
