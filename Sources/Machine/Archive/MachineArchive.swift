// An archive of a machine, from the side of those who import it.
import HostOS
import Storage

/// A file that `MachineBundle.export` has made, or that claims to be one: nothing in it is trusted.
public struct MachineArchive {
    private let reader: ArchiveReader
    private let yaml: [UInt8]
    private let spec: MachineSpec

    /// The name of the machine when it was exported.
    public var machineName: String { reader.index.machineName }
    /// The room that the machine takes at most, in bytes; holes are not counted.
    public var contentByteCount: UInt64 { reader.index.contentByteCount }

    /// Opens the archive at `path`, and checks its index and the machine's description. Nothing is unpacked.
    /// - Throws: `ArchiveError`.
    public init(opening path: String) throws(ArchiveError) {
        reader = try ArchiveReader(opening: path)
        // Reading the index made sure that it is there.
        guard let first = reader.index.files.first else { throw .unacceptable(path: path, why: "it is empty") }
        yaml = try reader.contents(of: first, limit: UInt64(YAMLGuard.maximumByteCount))
        guard let text = String(validating: yaml, as: UTF8.self) else {
            throw .unacceptable(path: path, why: "its \(MachineBundle.specName) is not UTF-8 text")
        }
        do throws(MachineSpecError) {
            spec = try MachineSpec(yaml: text, path: "\(path): \(MachineBundle.specName)")
        } catch {
            throw .description(error)
        }
        if let fault { throw .unacceptable(path: path, why: fault) }
    }

    /// Why the files are not those of the machine that is described, if so. A machine that is imported refers to
    /// nothing but what came with it.
    private var fault: String? {
        if let image = spec.image { return "its machine needs the image '\(SpecText.shown(image))' of a host" }
        let paths = Set(reader.index.files.map(\.path))
        let named = Set(spec.files)
        if let other = named.sorted().first(where: { ArchivePath($0) != .ownFile || !paths.contains($0) }) {
            return "its machine names '\(SpecText.shown(other))', which is not in it"
        }
        let unknown = paths.sorted().first { ArchivePath($0) == .ownFile && !named.contains($0) }
        return unknown.map { "it has '\(SpecText.shown($0))', which its machine does not name" }
    }

    /// Makes the machine that the archive holds. It is checked as a whole, and then appears at once, on the medium.
    /// - Parameters:
    ///   - path: the folder of the new machine (from `MachineHome.newPath`).
    ///   - workFolder: told the folder in which it is put together, so that an interrupted process can remove it.
    ///   - progress: told now and then how far the import is.
    /// - Throws: `ArchiveError`; nothing is left behind then.
    public func unpack(
        to path: String, workFolder: (String) -> Void = { _ in }, progress: (ArchiveProgress) -> Void = { _ in }
    ) throws(ArchiveError) -> MachineBundle {
        let parent = Folder.parent(of: path)
        let work = "\(parent)/\(WorkFolder.name(for: Folder.name(of: path)))"
        guard !Folder.exists(path) else { throw Self.taken(path) }
        try ArchiveError.wrapping { () throws(HostError) in try Folder.makeAll(parent) }
        try checkSpace(in: parent)
        WorkFolder.removeAbandoned(in: parent)
        workFolder(work)
        do throws(ArchiveError) {
            try unpackFiles(to: work, progress)
            try verify(work)
            try publish(work, as: path)
        } catch {
            try? Folder.removeTree(work)
            throw error
        }
        do { return try MachineBundle(opening: path) } catch { throw .bundle(error) }
    }

    private static func taken(_ path: String) -> ArchiveError {
        .bundle(.exists(name: MachineBundle.name(of: path), path: path))
    }

    private func checkSpace(in folder: String) throws(ArchiveError) {
        let free = try ArchiveError.wrapping { () throws(HostError) in try Folder.freeByteCount(at: folder) }
        guard contentByteCount <= free else {
            throw .noSpace(path: folder, needed: contentByteCount, free: free)
        }
    }

    private func unpackFiles(to work: String, _ progress: (ArchiveProgress) -> Void) throws(ArchiveError) {
        try ArchiveError.wrapping { () throws(HostError) in
            try Folder.removeTree(work)
            try Folder.make(work)
        }
        var done = ArchiveProgress(doneByteCount: 0, totalByteCount: contentByteCount)
        for file in reader.index.files {
            let target = "\(work)/\(file.path)"
            try ArchiveError.wrapping { () throws(HostError) in try Folder.makeAll(Folder.parent(of: target)) }
            try reader.unpack(file, to: target) {
                done.doneByteCount += $0
                progress(done)
            }
        }
    }

    /// What was unpacked is a machine that can be started and restored.
    private func verify(_ work: String) throws(ArchiveError) {
        let check = try BundleCheck(bundlePath: work, spec: spec)
        _ = try check.openDisks()
        let snapshots = try check.verifySnapshots(hasChecksumsOfDisks: false)
        do {
            try DiskOverlays(bundlePath: work).seal(Array(snapshots.frozenDisksInUse ?? []))
        } catch {
            throw .disk(why: "\(error)")
        }
    }

    /// Waits until everything is on the medium, and gives the machine its place.
    private func publish(_ work: String, as path: String) throws(ArchiveError) {
        let files = reader.index.files.map { "\(work)/\($0.path)" }
        let folders = Set(files.map(Folder.parent)).union([work])
        do throws(HostError) {
            for file in files { try File(opening: file, .readOnly).synchronizeData() }
            // A folder's own name is in the one above.
            for folder in folders.union(folders.map(Folder.parent)) { try SnapshotFile.flushFolder(folder) }
            if Folder.exists(path) { throw HostError("make \(path)", code: HostError.Code.exists) }
            try Folder.rename(work, to: path)
            try SnapshotFile.flushFolder(Folder.parent(of: path))
        } catch {
            let isTaken = [HostError.Code.exists, HostError.Code.notEmpty].contains(error.code)
            throw isTaken && Folder.exists(path) ? Self.taken(path) : .host(error)
        }
    }
}
