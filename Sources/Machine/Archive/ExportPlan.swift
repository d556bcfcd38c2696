// What goes into the archive of a machine, and under which names.
import HostOS

/// The files of a machine in the order in which they are written. What the machine has elsewhere on the host gets a
/// place in the folder `files`, so that the machine runs where nothing else is.
struct ExportPlan {
    /// `machine.yaml` first.
    private(set) var sources: [ArchiveSource] = []
    private let bundle: MachineBundle
    /// Paths in the archive, by the whole paths of the host.
    private var names: [String: String] = [:]
    /// Where to read the files that `machine.yaml` names, by their paths in the archive.
    private var places: [String: String] = [:]

    /// Plans the export of a machine that does not run.
    /// - Parameters:
    ///   - spec: the machine's, with the files of its image in the image's place.
    ///   - original: what `machine.yaml` says; nil when `spec` differs from that.
    ///   - snapshots: the machine's.
    init(
        _ bundle: MachineBundle, spec: MachineSpec, original: [UInt8]?, disks: [DiskConfiguration],
        snapshots: SnapshotTree
    ) throws(ArchiveError) {
        self.bundle = bundle
        var moved = try place(spec)
        // Only a name that differs from the folder's says something about the machine that is imported.
        if moved.name == bundle.name { moved.name = nil }
        var yaml = try Self.yaml(moved)
        if let original, moved == spec { yaml = original }
        sources = [ArchiveSource(path: MachineBundle.specName, contents: .bytes(yaml))]
        for (name, path) in places.sorted(by: { $0.key < $1.key }) {
            sources.append(ArchiveSource(path: name, contents: .file(path)))
        }
        try addOverlays(disks, snapshots)
        addSnapshots(snapshots)
        if sources.count > ArchiveIndex.maximumFileCount {
            throw .unexportable(why: "it has \(sources.count) files: remove snapshots that are no longer needed")
        }
    }

    private static func yaml(_ spec: MachineSpec) throws(ArchiveError) -> [UInt8] {
        let yaml = spec.yaml
        guard (try? MachineSpec(yaml: yaml, path: MachineBundle.specName)) == spec else {
            throw .unexportable(why: "its description can not be written so that it reads the same")
        }
        return Array(yaml.utf8)
    }

    // MARK: Files that machine.yaml names

    /// Finds names for all files of the machine; returns the machine with these names.
    private mutating func place(_ spec: MachineSpec) throws(ArchiveError) -> MachineSpec {
        // Files that keep their names come first, so that no other one gets these.
        let kept = Dictionary(spec.files.map(whole).map { ($0, nameInBundle($0)) }) { first, _ in first }
        names = kept.compactMapValues { $0 }
        return try spec.mappingFiles { file throws(ArchiveError) in
            let place = file.hasPrefix("/") ? file : "\(bundle.path)/\(file)"
            guard Folder.exists(place) else { throw .missingFile(path: place) }
            let name = names[whole(file)] ?? newName(for: place)
            names[whole(file)] = name
            places[name] = place
            return name
        }
    }

    /// The whole path, without what means nothing in it.
    private func whole(_ file: String) -> String {
        ExportPath.plain(file.hasPrefix("/") ? file : "\(bundle.path)/\(file)")
    }

    /// The path in the bundle; nil for files elsewhere, and for those whose names mean something else there.
    private func nameInBundle(_ whole: String) -> String? {
        let folder = ExportPath.plain(bundle.path) + "/"
        guard whole.hasPrefix(folder) else { return nil }
        let name = String(whole.dropFirst(folder.count))
        return ArchivePath(name) == .ownFile ? name : nil
    }

    private func newName(for path: String) -> String {
        let last = Folder.name(of: path)
        let base = ArchivePath.isPlain(last) && last.utf8.count <= 100 ? last : "file"
        let taken = Set(names.values)
        let candidates = [base] + (2...taken.count + 2).map { "\($0)-\(base)" }
        let free = candidates.first { !taken.contains("\(ArchivePath.filesFolder)/\($0)") } ?? base
        return "\(ArchivePath.filesFolder)/\(free)"
    }

    // MARK: Overlays and snapshots

    /// Adds the images that the machine or a snapshot needs.
    private mutating func addOverlays(
        _ disks: [DiskConfiguration], _ snapshots: SnapshotTree
    ) throws(ArchiveError) {
        let overlays = DiskOverlays(bundlePath: bundle.path)
        let written = disks.compactMap(\.overlay).map { "\(DiskOverlays.folderName)/\(Folder.name(of: $0.path))" }
        guard !written.isEmpty else { return }
        addIfThere("\(DiskOverlays.folderName)/current")
        let all = overlays.withBases(Set(written).union(snapshots.frozenDisksInUse ?? []))
        for name in all.sorted() where ArchivePath(name) == .overlay && Folder.exists("\(bundle.path)/\(name)") {
            let path = "\(bundle.path)/\(name)"
            let beginning = try ExportPath.beginning(ofImage: path, in: overlays.folder) { [names] in names[$0] }
            sources.append(ArchiveSource(path: name, contents: .file(path, beginning: beginning)))
        }
    }

    private mutating func addSnapshots(_ tree: SnapshotTree) {
        addIfThere("snapshots/current")
        addIfThere("snapshots/next")
        for id in tree.snapshots.map(\.id) {
            for part in ["manifest", "state", "ram"] { addIfThere("snapshots/\(id)/\(part)") }
        }
        for id in tree.hidden.map(\.id) {
            for part in ["manifest", "ram"] { addIfThere("snapshots/\(id)\(SnapshotStore.hiddenSuffix)/\(part)") }
        }
    }

    private mutating func addIfThere(_ name: String) {
        let path = "\(bundle.path)/\(name)"
        if Folder.exists(path) { sources.append(ArchiveSource(path: name, contents: .file(path))) }
    }
}

extension MachineSpec {
    /// All files that the description names itself, in no order.
    var files: [String] {
        var files: [String] = []
        _ = mappingFiles { file in
            files.append(file)
            return file
        }
        return files
    }
}
