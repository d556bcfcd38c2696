// The disks of a snapshot in another machine.
import HostOS
import Storage

extension DiskOverlays {
    /// Gives the machine of `other`, which is being made, the disks of a snapshot: the frozen files, shared, and over
    /// them an image of its own for each disk that can be written. The disks themselves are there already.
    /// - Parameters:
    ///   - frozen: the frozen files of the snapshot.
    ///   - disks: this machine's.
    func share(_ frozen: [String], of disks: [DiskConfiguration], with other: DiskOverlays) throws {
        let writable = try Self.writable(disks, inSnapshotWith: frozen)
        if frozen.isEmpty { return }
        try Folder.make(other.folder)
        for name in withBases(Set(frozen)) where isImage(name) {
            for suffix in ["", Self.checksumSuffix, VerificationMark.suffix] {
                let path = "/\(name)\(suffix)"
                if suffix.isEmpty || Folder.exists(bundlePath + path) {
                    try File.share(bundlePath + path, as: other.bundlePath + path)
                }
            }
        }
        var tops: [Int: String] = [:]
        for (index, name) in zip(writable, frozen) {
            let top = "\(Self.folderName)/disk\(index).fork.qcow2"
            let base = isImage(name) ? name : nil
            let disk = disks[index]
            try other.makeImage(
                top, over: base, disk: backingName(of: disk), byteCount: byteCount(of: base, over: disk))
            tops[index] = top
        }
        try other.write(tops)
    }

    /// Frozen files are images of this folder, or the disks themselves.
    func isImage(_ name: String) -> Bool {
        name.hasPrefix(Self.folderName + "/") && Folder.exists("\(bundlePath)/\(name)")
    }

    private func byteCount(of image: String?, over disk: DiskConfiguration) throws -> UInt64 {
        var frozen = disk
        frozen.readOnly = true
        frozen.overlay = image.map { overlay($0, over: disk) }
        return try frozen.open().byteCount
    }
}
