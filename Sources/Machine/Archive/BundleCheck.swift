// Whether all of a machine's disks and snapshots can be used.
import HostOS
import Storage

/// Opens and reads what a machine is made of, before it is exported and after it was imported.
struct BundleCheck {
    let bundlePath: String
    /// The machine's disks, with whole paths and their overlays.
    let disks: [DiskConfiguration]

    init(bundlePath: String, spec: MachineSpec) throws(ArchiveError) {
        self.bundlePath = bundlePath
        var disks = spec.disks.map {
            DiskConfiguration(
                path: $0.file.hasPrefix("/") ? $0.file : "\(bundlePath)/\($0.file)", readOnly: $0.readOnly,
                serial: $0.serial)
        }
        do {
            try DiskOverlays(bundlePath: bundlePath).apply(to: &disks)
        } catch let error as SnapshotError {
            throw .snapshot(error)
        } catch {
            throw .unexportable(why: "\(error)")
        }
        self.disks = disks
    }

    /// Opens all disks for reading. As long as the result lives, nobody writes to them.
    func openDisks() throws(ArchiveError) -> [any SynchronousDisk] {
        var open: [any SynchronousDisk] = []
        for disk in disks { open.append(try self.open(disk)) }
        return open
    }

    private func open(_ disk: DiskConfiguration) throws(ArchiveError) -> any SynchronousDisk {
        var disk = disk
        disk.readOnly = true
        do { return try disk.open() } catch { throw .disk(why: "\(error)") }
    }

    /// Reads all of all snapshots, and compares what has checksums with them.
    /// - Parameter hasChecksumsOfDisks: false for disks that were just unpacked: an archive has checksums of its own.
    /// - Throws: `ArchiveError.snapshot` or `.disk` for the first that can not be restored.
    func verifySnapshots(hasChecksumsOfDisks: Bool = true) throws(ArchiveError) -> SnapshotTree {
        let store = SnapshotStore(bundlePath: bundlePath)
        let tree = try ArchiveError.wrappingSnapshots { () throws(SnapshotError) in try store.list() }
        if let problem = tree.problems.first { throw .snapshot(problem.error) }
        // Snapshots share layers.
        var verified: Set<String> = []
        for manifest in tree.snapshots {
            try ArchiveError.wrappingSnapshots { () throws(SnapshotError) in
                _ = try store.state(of: manifest.id)
                for layer in try store.ram(of: manifest.id).layers where verified.insert(layer.file.path).inserted {
                    try layer.verifyChunks()
                }
                if hasChecksumsOfDisks {
                    let frozen = manifest.moment.frozenDisks
                    try DiskOverlays(bundlePath: bundlePath).verify(frozen, trustsMarks: false)
                }
            }
            try verifyDisks(of: manifest)
        }
        return tree
    }

    /// A snapshot from before `machine.yaml` got other disks can not be restored, but may be there.
    private func verifyDisks(of manifest: SnapshotManifest) throws(ArchiveError) {
        let writable = disks.indices.filter { !disks[$0].readOnly }
        let frozen = manifest.moment.frozenDisks
        guard writable.count == frozen.count else { return }
        let overlays = DiskOverlays(bundlePath: bundlePath)
        for (index, name) in zip(writable, frozen) {
            var disk = disks[index]
            disk.overlay = name == "disk\(index)" ? nil : overlays.overlay(name, over: disk)
            _ = try open(disk)
        }
    }
}

extension MachineBundle {
    /// Reads all that restoring any of the machine's snapshots needs, and compares it with its checksums, whether that
    /// was done before or not. The machine may run.
    /// - Throws: `ArchiveError` for the first that can not be restored, or an error of the description.
    public func verifySnapshots() throws {
        _ = try BundleCheck(bundlePath: path, spec: try spec()).verifySnapshots()
    }
}
