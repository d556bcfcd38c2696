// A machine on disk: the folder NAME.starling.
import HostOS

/// A folder with `machine.yaml`, the machine's own disks, its log, and, while it runs, the socket of
/// its console.
public struct MachineBundle: Equatable, Sendable {
    /// The folder, from the root.
    public let path: String

    static let specName = "machine.yaml"

    /// The bundle at `path`.
    /// - Throws: `BundleError.notABundle` when it has no `machine.yaml`.
    public init(opening path: String) throws(BundleError) {
        var trimmed = Folder.absolute(path)
        while trimmed.count > 1 && trimmed.hasSuffix("/") { trimmed.removeLast() }
        self.path = trimmed
        guard Folder.exists(specPath) else { throw .notABundle(path: path) }
    }

    /// The name: the folder's without `.starling`.
    public var name: String { Self.name(of: path) }
    /// The file that describes the machine.
    public var specPath: String { "\(path)/\(Self.specName)" }
    /// Where the console of the running machine can be reached.
    public var socketPath: String { path + "/console.sock" }
    /// Where the running machine takes requests (see `Documentation/control-api.yaml`).
    public var controlPath: String { path + "/control.sock" }
    /// Where a debugger finds the machine while it is debugged.
    public var debugPath: String { path + "/gdb.sock" }
    /// The file that is locked while the machine runs.
    public var lockPath: String { path + "/lock" }
    /// What the running machine tells about itself, as JSON.
    public var reportPath: String { path + "/statistics.json" }
    /// What the machine's process had to say.
    public var logPath: String { path + "/starling.log" }

    static func name(of path: String) -> String {
        let last = Folder.name(of: path)
        return last.hasSuffix(MachineName.suffix) ? String(last.dropLast(MachineName.suffix.count)) : last
    }

    /// Reads the description.
    /// - Throws: `MachineSpecError` or `HostError`.
    public func spec() throws -> MachineSpec { try MachineSpec(contentsOf: specPath) }

    /// The machine that it describes.
    /// - Throws: as `spec` and `MachineSpec.configuration`.
    public func configuration(
        _ spec: MachineSpec, images: (String) throws -> BootImage
    ) throws -> MachineConfiguration {
        var configuration = try spec.configuration(in: path, name: name, images: images)
        try DiskOverlays(bundlePath: path).apply(to: &configuration.disks)
        return configuration
    }
}
