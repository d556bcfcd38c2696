// Making and removing bundles: whole or not at all.
import HostOS

extension MachineBundle {
    /// A disk that a new machine gets for itself.
    public struct OwnDisk: Sendable {
        /// The name of the file in the bundle.
        public var name: String
        /// The disk image that it starts as a copy of.
        public var source: String

        /// A disk.
        public init(name: String, source: String) {
            self.name = name
            self.source = source
        }
    }

    /// Makes the bundle at `path` (from `MachineHome.newPath`). It is put together under another name
    /// and appears at once, complete.
    /// - Parameter workFolder: told the folder in which it is put together, so that an interrupted
    ///   process can remove it.
    /// - Throws: `BundleError`, or `MachineSpecError` when the description could not be read again;
    ///   nothing is left behind then.
    public static func create(
        at path: String, spec: MachineSpec, disks: [OwnDisk] = [], workFolder: (String) -> Void = { _ in }
    ) throws -> MachineBundle {
        let yaml = spec.yaml
        let specPath = "\(path)/\(specName)"
        guard try MachineSpec(yaml: yaml, path: specPath) == spec else {
            throw MachineSpecError(
                path: specPath, line: 1, column: 1,
                message: "the machine's values can not be written so that they read the same: use other file names")
        }
        try build(at: path, yaml: yaml, workFolder: workFolder) { work throws(HostError) in
            for disk in disks { try File.copySparse(disk.source, to: "\(work)/\(disk.name)") }
        }
        return try MachineBundle(opening: path)
    }

    /// Puts a bundle together in another place, and has it appear at `path`.
    /// - Parameter fill: puts all but `machine.yaml` into the folder that it is given.
    static func build(
        at path: String, yaml: String, workFolder: (String) -> Void = { _ in }, fill: (String) throws -> Void
    ) throws {
        let parent = Folder.parent(of: path)
        let work = "\(parent)/\(WorkFolder.name(for: Folder.name(of: path)))"
        do {
            try Folder.makeAll(parent)
            WorkFolder.removeAbandoned(in: parent)
            workFolder(work)
            try Folder.removeTree(work)
            try Folder.make(work)
            try fill(work)
            try File.replace("\(work)/\(specName)", with: Array(yaml.utf8))
            try Folder.rename(work, to: path)
        } catch {
            try? Folder.removeTree(work)
            guard let error = error as? HostError else { throw error }
            let isTaken = error.code == HostError.Code.exists || error.code == HostError.Code.notEmpty
            if isTaken && Folder.exists(path) { throw BundleError.exists(name: name(of: path), path: path) }
            throw BundleError.host(error)
        }
    }

    /// Removes the machine with its disks. It disappears at once; then its files are deleted.
    /// - Throws: `BundleError.running` when a process runs it, or `.host`.
    public func remove() throws(BundleError) {
        // Held until the end, so that nobody starts a machine that is being removed.
        let lock = try lock()
        defer { lock.holdUntilHere() }
        let parent = Folder.parent(of: path)
        let doomed = "\(parent)/\(WorkFolder.name(for: Folder.name(of: path)))"
        do throws(HostError) {
            try Folder.removeTree(doomed)
            try Folder.rename(path, to: doomed)
            try Folder.removeTree(doomed)
        } catch {
            throw .host(error)
        }
    }
}

/// Folders under construction or destruction. Their names carry the process that works in them, so
/// that another can clear away what a killed one has left.
enum WorkFolder {
    private static let prefix = ".work-"

    static func name(for target: String) -> String { "\(prefix)\(HostProcess.current)-\(target)" }

    /// Removes what dead processes have left in `folder`. What can not be removed is left for later.
    static func removeAbandoned(in folder: String) {
        for name in (try? Folder.names(in: folder)) ?? [] where name.hasPrefix(prefix) {
            let process = name.dropFirst(prefix.count).prefix { $0 != "-" }
            guard let process = Int32(process), !HostProcess.isAlive(process) else { continue }
            try? Folder.removeTree("\(folder)/\(name)")
        }
    }
}
