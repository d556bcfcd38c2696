// The files that a machine's disks are written to after snapshots: overlays, one more for each cut.
import HostOS
import Storage

/// The folder `overlays` of a machine. At a snapshot the files that hold a disk's contents are frozen, and an empty
/// qcow2 image over them takes what is written from then on. The file `current` names the images that are written;
/// it is replaced as a whole, so that after a crash the machine finds all that it had written.
public struct DiskOverlays: Equatable, Sendable {
    /// The folder of the machine.
    let bundlePath: String
    static let folderName = "overlays"
    private static let maximumFileByteCount = 1 << 16

    /// The overlays of the machine at `bundlePath`, whether there are any or not.
    public init(bundlePath: String) { self.bundlePath = bundlePath }

    var folder: String { "\(bundlePath)/\(Self.folderName)" }
    private var currentPath: String { folder + "/current" }

    /// Has the disks that were cut continue on their overlays.
    /// - Throws: `SnapshotError.damaged` when `current` can not be understood.
    public func apply(to disks: inout [DiskConfiguration]) throws {
        for (index, name) in try current() {
            guard disks.indices.contains(index) else {
                throw SnapshotError.damaged(path: currentPath, why: "it names disk \(index) of \(disks.count)")
            }
            disks[index].overlay = overlay(name, over: disks[index])
        }
    }

    func overlay(_ relative: String, over disk: DiskConfiguration) -> DiskConfiguration.Overlay {
        let base = backingName(of: disk)
        let names = ((try? Folder.names(in: folder)) ?? []).filter { $0.hasSuffix(".qcow2") } + [base]
        return .init(
            path: "\(bundlePath)/\(relative)",
            allowedBacking: names.map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" } + [disk.path])
    }

    /// How an image in the folder names the disk itself: relatively where that is in the machine's folder, which
    /// can be moved and forked then.
    func backingName(of disk: DiskConfiguration) -> String {
        disk.path.hasPrefix(bundlePath + "/") ? ".." + disk.path.dropFirst(bundlePath.count) : disk.path
    }

    /// The overlays that are written, by the disks' numbers: paths relative to the machine's folder.
    private func current() throws -> [Int: String] {
        guard Folder.exists(currentPath) else { return [:] }
        let bytes = try File.contents(of: currentPath, limit: Self.maximumFileByteCount)
        var result: [Int: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let index = Int(words[0]), index >= 0,
                words[1].hasPrefix(Self.folderName + "/"), !words[1].contains("..")
            else { throw SnapshotError.damaged(path: currentPath, why: "it does not name the disks' images") }
            result[index] = String(words[1])
        }
        return result
    }

    func write(_ current: [Int: String]) throws {
        let lines = current.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }
        try SnapshotError.wrapping { () throws(HostError) in
            try SnapshotFile.replace(currentPath, with: Array(lines.joined().utf8))
        }
    }

    /// Freezes the files of all disks that can be written, and has the disks continue on new overlays. The
    /// machine stands still, and no request is in flight.
    /// - Parameter tag: part of the new files' names; never used before.
    /// - Returns: the frozen files, one for each of those disks, for `SnapshotManifest.Moment.frozenDisks`: relative
    ///   paths, `-` and the disk's number where it is the disk itself.
    func cut(_ disks: MachineDisks, tag: String) throws -> [String] {
        let configurations = disks.configurations
        let writable = configurations.indices.filter { !configurations[$0].readOnly }
        if writable.isEmpty { return [] }
        let frozen = try current()
        let names = writable.map { frozen[$0] ?? "disk\($0)" }
        try stack(disks, on: Dictionary(uniqueKeysWithValues: writable.map { ($0, frozen[$0]) }), tag: tag)
        return names
    }

    /// Has the disks continue on new overlays over the frozen files of a snapshot.
    func restore(_ disks: MachineDisks, to frozen: [String], tag: String) throws {
        let writable = try Self.writable(disks.configurations, inSnapshotWith: frozen)
        var bases: [Int: String?] = [:]
        for (index, name) in zip(writable, frozen) { bases[index] = .some(name == "disk\(index)" ? nil : name) }
        try stack(disks, on: bases, tag: tag)
    }

    /// The numbers of the disks that can be written, to which the frozen files belong.
    static func writable(_ disks: [DiskConfiguration], inSnapshotWith frozen: [String]) throws -> [Int] {
        let writable = disks.indices.filter { !disks[$0].readOnly }
        guard writable.count == frozen.count else {
            throw MachineError(
                "the snapshot has \(frozen.count) disks that can be written, the machine has \(writable.count): "
                    + "give it the disks that it had")
        }
        return writable
    }

    /// Makes the image `name` over the image `base`, or (nil) over the disk itself, which images call `disk`.
    func makeImage(_ name: String, over base: String?, disk: String, byteCount: UInt64) throws(QCOW2Error) {
        try QCOW2Disk.createOverlay(
            at: "\(bundlePath)/\(name)", backing: base.map(Folder.name) ?? disk,
            backingFormat: base == nil ? .raw : .qcow2, byteCount: byteCount)
    }

    private func stack(_ disks: MachineDisks, on bases: [Int: String?], tag: String) throws {
        try SnapshotError.wrapping { () throws(HostError) in try Folder.makeAll(folder) }
        WorkFolder.removeAbandoned(in: folder)
        var tops: [Int: String] = [:]
        for (index, base) in bases {
            let name = "\(Self.folderName)/disk\(index).\(tag).qcow2"
            // Left by an attempt that ended early: nothing refers to it.
            try? Folder.removeFile("\(bundlePath)/\(name)")
            let disk = backingName(of: disks.configurations[index])
            try makeImage(name, over: base, disk: disk, byteCount: disks.contents[index].byteCount)
            tops[index] = name
        }
        let old = try current()
        let overlays = tops.map { ($0.key, overlay($0.value, over: disks.configurations[$0.key])) }
        try disks.continueOn(Dictionary(uniqueKeysWithValues: overlays))
        do {
            try write(old.merging(tops) { $1 })
        } catch {
            let before = old.map { ($0.key, overlay($0.value, over: disks.configurations[$0.key])) }
            try disks.continueOn(Dictionary(uniqueKeysWithValues: before))
            throw error
        }
    }

    /// Removes the images that neither the machine nor one of its snapshots needs; none when that can not be known.
    func sweep(for store: SnapshotStore) {
        guard let used = try? store.list().frozenDisksInUse, let current = try? current() else { return }
        let needed = withBases(used.union(current.values))
        for name in (try? Folder.names(in: folder)) ?? [] where name.hasSuffix(".qcow2") {
            if needed.contains("\(Self.folderName)/\(name)") { continue }
            for suffix in [VerificationMark.suffix, Self.checksumSuffix, ""] {
                try? Folder.removeFile("\(folder)/\(name)\(suffix)")
            }
        }
    }

    /// The images, and those of this folder that they are based on.
    func withBases(_ names: Set<String>) -> Set<String> { names.reduce(into: names) { $0.formUnion(chain(from: $1)) } }

    /// An image, the one that it is based on, and so on, as far as they are in this folder.
    func chain(from name: String) -> [String] {
        var chain = [name]
        while let last = chain.last, let base = try? QCOW2Disk.backingName(of: "\(bundlePath)/\(last)") {
            if base.contains("/") { break }
            let relative = "\(Self.folderName)/\(base)"
            if chain.contains(relative) { break }
            chain.append(relative)
        }
        return chain
    }
}
