// The folder in which a user's machines and images live.
import Foundation
import HostOS

/// `$STARLING_HOME`, or `starling` in the user's data folder (XDG Base Directory Specification).
public struct MachineHome: Equatable, Sendable {
    /// The folder; need not exist yet. Images are in `images` below it.
    public let path: String

    /// A home at `path`.
    public init(path: String) { self.path = Folder.absolute(path) }

    /// The home that the environment names.
    /// - Throws: `BundleError.noHome`.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(BundleError) {
        func folder(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let home = folder("STARLING_HOME") {
            self.init(path: home)
        } else if let data = folder("XDG_DATA_HOME"), data.hasPrefix("/") {
            // The specification says that relative paths are to be ignored.
            self.init(path: data + "/starling")
        } else if let user = folder("HOME") {
            self.init(path: user + "/.local/share/starling")
        } else {
            throw .noHome
        }
    }

    /// The folder of the bundles.
    public var machines: String { path + "/machines" }
    /// The folder of disks that live as long as one run.
    public var temporary: String { path + "/tmp" }

    /// The machines, by name; folders that are no bundles are left out.
    /// - Throws: `BundleError.host` when the folder can not be read.
    public func list() throws(BundleError) -> [MachineBundle] {
        guard Folder.exists(machines) else { return [] }
        do {
            return try Folder.names(in: machines)
                .filter { $0.hasSuffix(MachineName.suffix) && !$0.hasPrefix(".") }
                .compactMap { try? MachineBundle(opening: "\(machines)/\($0)") }
                .sorted { $0.name < $1.name }
        } catch {
            throw .host(error)
        }
    }

    /// The bundle that `argument` names: a path when it has a slash or ends in `.starling`, otherwise
    /// the name of a machine of this home.
    /// - Throws: `BundleError.badName`, `.notFound`, `.notABundle`.
    public func bundle(_ argument: String) throws(BundleError) -> MachineBundle {
        if Self.isPath(argument) {
            guard Folder.exists(argument) else {
                throw .notFound(name: Folder.name(of: argument), path: argument, near: nil)
            }
            return try MachineBundle(opening: argument)
        }
        let path = try self.path(of: argument)
        guard Folder.exists(path) else {
            let known = ((try? list()) ?? []).map(\.name)
            throw .notFound(name: argument, path: path, near: NearestName.of(argument, among: known))
        }
        return try MachineBundle(opening: path)
    }

    /// Where a machine that is to be called `argument` goes.
    /// - Throws: `BundleError.badName`, `.exists`.
    public func newPath(_ argument: String) throws(BundleError) -> String {
        let path: String
        if Self.isPath(argument) {
            var trimmed = argument
            while trimmed.count > 1 && trimmed.hasSuffix("/") { trimmed.removeLast() }
            path = Folder.absolute(trimmed.hasSuffix(MachineName.suffix) ? trimmed : trimmed + MachineName.suffix)
        } else {
            path = try self.path(of: argument)
        }
        let name = MachineBundle.name(of: path)
        guard MachineName.isValid(name) else { throw .badName(name) }
        if Folder.exists(path) { throw .exists(name: name, path: path) }
        return path
    }

    /// `argument` is a path and no name.
    public static func isPath(_ argument: String) -> Bool {
        argument.contains("/") || argument.hasSuffix(MachineName.suffix)
    }

    private func path(of name: String) throws(BundleError) -> String {
        guard MachineName.isValid(name) else { throw .badName(name) }
        return "\(machines)/\(name)\(MachineName.suffix)"
    }
}
