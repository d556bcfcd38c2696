// Another machine that begins where a snapshot of this one is.
import HostOS

extension MachineBundle {
    /// Makes a machine that has a snapshot of this one as its own. What both have alike is stored once, so that it
    /// takes milliseconds whatever the sizes of RAM and disks; each writes to files of its own. This machine may run,
    /// change and be removed at any time.
    /// - Parameters:
    ///   - path: the new bundle (from `MachineHome.newPath`).
    /// - Throws: `SnapshotError`, `BundleError`, or whatever keeps the description or a disk from being read;
    ///   nothing is left behind then.
    public func fork(_ manifest: SnapshotManifest, to path: String) throws -> MachineBundle {
        var disks: [DiskConfiguration] = []
        var ownFiles: Set<String> = []
        var spec = try spec().mappingFiles { file in
            let whole = file.hasPrefix("/") ? file : "\(self.path)/\(file)"
            guard whole.hasPrefix(self.path + "/"), !whole.contains("/../") else { return whole }
            let relative = String(whole.dropFirst(self.path.utf8.count + 1))
            ownFiles.insert(relative)
            return relative
        }
        spec.name = nil
        for disk in spec.disks {
            let whole = disk.file.hasPrefix("/") ? disk.file : "\(self.path)/\(disk.file)"
            disks.append(DiskConfiguration(path: whole, readOnly: disk.readOnly, serial: disk.serial))
        }
        try Self.build(at: path, yaml: spec.yaml) { work in
            for file in ownFiles {
                try Folder.makeAll(Folder.parent(of: "\(work)/\(file)"))
                try File.share("\(self.path)/\(file)", as: "\(work)/\(file)")
            }
            try DiskOverlays(bundlePath: self.path).share(
                manifest.moment.frozenDisks, of: disks, with: DiskOverlays(bundlePath: work))
            try SnapshotStore(bundlePath: self.path).share(manifest, with: SnapshotStore(bundlePath: work))
        }
        return try MachineBundle(opening: path)
    }
}
