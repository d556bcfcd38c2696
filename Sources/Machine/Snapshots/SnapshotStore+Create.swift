// Making snapshots: whole or not at all.
import HostOS

extension SnapshotStore {
    /// Begins a snapshot, while the guest still runs: gives it a number and opens its files.
    /// - Parameters:
    ///   - parent: the snapshot that the machine derives from (`position`), with which RAM is compared.
    ///   - machine: the machine's facts; RAM must be a multiple of 4096 bytes, not 0, at most 64 TiB.
    /// - Throws: `SnapshotError.badName`, `.nameTaken`, `.noteTooLong`, `.notFound` and `.mismatch` (of
    ///   the parent), `.unstorable`, `.damaged`, `.busy`, `.host`.
    public func prepare(
        _ label: SnapshotLabel = SnapshotLabel(), parent: SnapshotID?, machine: SnapshotManifest.MachineFacts
    ) throws(SnapshotError) -> SnapshotDraft {
        if let name = label.name, !SnapshotManifest.isValidName(name) { throw .badName(name) }
        let noteByteCount = label.note.utf8.count
        guard noteByteCount <= SnapshotManifest.maximumNoteByteCount else {
            throw .noteTooLong(byteCount: noteByteCount)
        }
        guard let layout = RAMLayout(ramByteCount: machine.ramByteCount) else {
            throw .unstorable("RAM of \(machine.ramByteCount) bytes is no multiple of 4096, or too large")
        }
        return try withLock { () throws(SnapshotError) in
            WorkFolder.removeAbandoned(in: folder)
            if let name = label.name { try requireFree(name) }
            let parent = try parent.map { id throws(SnapshotError) in try existing(id) }
            // RAM of another size can not be a difference to the parent's.
            try parent?.check(against: machine)
            let parentRAM = try parent.map { manifest throws(SnapshotError) in try ram(of: manifest) }
            let id = try takeNumber()
            return try SnapshotError.wrapping { () throws(HostError) in
                let work = try SnapshotWorkFolder(making: "\(folder)/\(WorkFolder.name(for: id.description))")
                let file = work.path + "/ram"
                let writer = try RAMLayerWriter(creating: file, layout: layout, number: id.number)
                return SnapshotDraft(
                    id: id, store: self, parent: parent, parentRAM: parentRAM, label: label,
                    machine: machine, work: work, writer: writer)
            }
        }
    }

    /// Makes a complete folder a snapshot.
    func publish(
        _ manifest: SnapshotManifest, from work: String, movesPosition: Bool
    ) throws(SnapshotError) {
        try withLock { () throws(SnapshotError) in
            // Much may have happened since `prepare`.
            if let name = manifest.name { try requireFree(name) }
            if let parent = manifest.parent, isHidden(parent) == nil {
                throw .unstorable("its parent \(parent) was removed in the meantime; make another snapshot")
            }
            try SnapshotError.wrapping { () throws(HostError) in
                try Folder.rename(work, to: path(of: manifest.id))
                try SnapshotFile.flushFolder(folder)
            }
            if movesPosition { try writePosition(manifest.id) }
            sweep()
        }
    }

    /// The caller has the lock.
    private func requireFree(_ name: String) throws(SnapshotError) {
        let owner = try list().snapshots.first { $0.name == name }
        if let owner { throw .nameTaken(name, by: owner.id) }
    }

    /// The manifest of a snapshot that is there, perhaps hidden.
    func existing(_ id: SnapshotID) throws(SnapshotError) -> SnapshotManifest {
        guard let isHidden = isHidden(id) else { throw .notFound(id.description, near: nil) }
        return try manifest(of: id, isHidden: isHidden)
    }
}
