// A machine as one file.
import HostOS

/// How far an export or an import is.
public struct ArchiveProgress: Equatable, Sendable {
    /// The bytes of the machine's files that are done.
    public var doneByteCount: UInt64
    /// The bytes of all of the machine's files.
    public var totalByteCount: UInt64

    /// From 0 to 1.
    public var fraction: Double { totalByteCount == 0 ? 1 : Double(doneByteCount) / Double(totalByteCount) }
}

/// An archive that was written.
public struct ArchiveSummary: Equatable, Sendable {
    /// The size of the archive in bytes.
    public var byteCount: UInt64
    /// How many files the machine has.
    public var fileCount: Int
    /// The sizes of all of them together, holes too, in bytes.
    public var contentByteCount: UInt64
}

extension MachineBundle {
    /// Writes the machine, with its disks and snapshots and whatever else it needs from this host, into one file. The
    /// machine must not run. All snapshots are verified, so that what is exported can be used.
    /// - Parameters:
    ///   - path: the file; appears when it is complete.
    ///   - replacing: an existing file is replaced.
    ///   - images: finds the image that the machine boots; its kernel and initial RAM disk are exported too.
    ///   - workFile: told the file that is written until then, so that an interrupted process can remove it.
    ///   - progress: told now and then how far the export is.
    /// - Throws: `ArchiveError`; nothing is left behind then.
    @discardableResult
    public func export(
        to path: String, replacing: Bool = false, images: (String) throws -> BootImage,
        workFile: (String) -> Void = { _ in }, progress: (ArchiveProgress) -> Void = { _ in }
    ) throws(ArchiveError) -> ArchiveSummary {
        try export(
            to: path, replacing: replacing, chunkByteCount: ArchiveIndex.standardChunkByteCount, images: images,
            workFile: workFile, progress: progress)
    }

    func export(
        to path: String, replacing: Bool, chunkByteCount: UInt64, images: (String) throws -> BootImage,
        workFile: (String) -> Void = { _ in }, progress: (ArchiveProgress) -> Void = { _ in }
    ) throws(ArchiveError) -> ArchiveSummary {
        let path = Folder.absolute(path)
        try Self.checkTarget(path, replacing: replacing)
        let lock = try lockForExport()
        defer { lock.holdUntilHere() }
        return try withStillSnapshots { () throws(ArchiveError) in
            let (original, spec) = try specForExport(images)
            let check = try BundleCheck(bundlePath: self.path, spec: spec)
            let disks = try check.openDisks()
            defer { withExtendedLifetime(disks) {} }
            let plan = try ExportPlan(
                self, spec: spec, original: original, disks: check.disks, snapshots: try check.verifySnapshots())
            let name = MachineName.isValid(name) ? name : "machine"
            return try Self.write(to: path, replacing: replacing, workFile) { work throws(ArchiveError) in
                try ArchiveWriter(creating: work, machineName: name, chunkByteCount: chunkByteCount)
                    .write(plan.sources, progress)
            }
        }
    }

    private func lockForExport() throws(ArchiveError) -> BundleLock {
        do throws(BundleError) {
            return try lock()
        } catch {
            guard case .running(let name, let process) = error else { throw .bundle(error) }
            throw .running(name: name, process: process)
        }
    }

    /// Nobody removes or adds snapshots while `body` runs.
    private func withStillSnapshots<Value>(
        _ body: () throws(ArchiveError) -> Value
    ) throws(ArchiveError) -> Value {
        let store = SnapshotStore(bundlePath: path)
        guard Folder.exists(store.folder) else { return try body() }
        let outcome = try ArchiveError.wrappingSnapshots { () throws(SnapshotError) in
            try store.withLock { () throws(SnapshotError) in Result { () throws(ArchiveError) in try body() } }
        }
        return try outcome.get()
    }

    /// The description with the files of the image in the image's place; and the text, if that is the same.
    private func specForExport(
        _ images: (String) throws -> BootImage
    ) throws(ArchiveError) -> ([UInt8]?, MachineSpec) {
        var spec: MachineSpec
        do {
            spec = try self.spec()
        } catch let error as MachineSpecError {
            throw .description(error)
        } catch {
            throw .unexportable(why: "\(error)")
        }
        guard case .linux(var linux, let firmware) = spec.boot, case .image(let name) = linux.source else {
            let bytes = try ArchiveError.wrapping { () throws(HostError) in
                try File.contents(of: specPath, limit: YAMLGuard.maximumByteCount)
            }
            return (bytes, spec)
        }
        let image: BootImage
        do { image = try images(name) } catch { throw .unexportable(why: "\(error)") }
        linux.source = .files(kernel: image.kernel, initrd: image.initrd)
        linux.commandLine = linux.commandLine ?? image.commandLine
        spec.boot = .linux(linux, firmware: firmware)
        return (nil, spec)
    }

    // MARK: The file

    private static func checkTarget(_ path: String, replacing: Bool) throws(ArchiveError) {
        let folder = Folder.parent(of: path)
        guard Folder.isFolder(folder) else { throw .host(HostError("make \(path)", code: HostError.Code.noSuchFile)) }
        guard Folder.exists(path) else { return }
        guard replacing else { throw .exists(path: path) }
        guard Folder.isRegularFile(path) else {
            throw .unexportable(why: "\(path) is not a file that could be replaced: name another one")
        }
    }

    /// Has `body` write a file beside `path`, which then gets its name.
    private static func write(
        to path: String, replacing: Bool, _ workFile: (String) -> Void,
        _ body: (String) throws(ArchiveError) -> ArchiveSummary
    ) throws(ArchiveError) -> ArchiveSummary {
        let folder = Folder.parent(of: path)
        let work = "\(folder)/\(WorkFolder.name(for: Folder.name(of: path)))"
        workFile(work)
        do throws(ArchiveError) {
            try ArchiveError.wrapping { () throws(HostError) in try Folder.removeTree(work) }
            let summary = try body(work)
            // Somebody may have made it in the meantime.
            try checkTarget(path, replacing: replacing)
            try ArchiveError.wrapping { () throws(HostError) in
                try Folder.rename(work, to: path)
                try SnapshotFile.flushFolder(folder)
            }
            return summary
        } catch {
            try? Folder.removeFile(work)
            throw error
        }
    }
}

extension ArchiveWriter {
    /// Writes all files, and the end.
    fileprivate func write(
        _ sources: [ArchiveSource], _ progress: (ArchiveProgress) -> Void
    ) throws(ArchiveError) -> ArchiveSummary {
        var total: UInt64 = 0
        for source in sources { total += try source.byteCount() }
        var before: UInt64 = 0
        for source in sources {
            var done: UInt64 = 0
            try add(source) {
                done = $0
                progress(.init(doneByteCount: min(before + done, total), totalByteCount: total))
            }
            before += done
        }
        return ArchiveSummary(byteCount: try finish(), fileCount: sources.count, contentByteCount: total)
    }
}

extension ArchiveSource {
    fileprivate func byteCount() throws(ArchiveError) -> UInt64 {
        switch contents {
        case .bytes(let bytes): return UInt64(bytes.count)
        case .file(let path, _):
            return try ArchiveError.wrapping { () throws(HostError) in
                try File(opening: path, .readOnly).byteCount()
            }
        }
    }
}
