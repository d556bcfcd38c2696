// What can be wrong with an archive, or with a machine that is to become one.
import HostOS

/// Why a machine can not be exported or imported: cause, then next step.
public enum ArchiveError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file does not begin as an archive does.
    case notAnArchive(path: String)
    /// The archive has a format that this build does not read.
    case unsupportedVersion(path: String, version: UInt64)
    /// The archive is not what Starling has written.
    case damaged(path: String, why: String)
    /// The archive is whole, but holds what is no machine.
    case unacceptable(path: String, why: String)
    /// Something is at the path of the new archive.
    case exists(path: String)
    /// There is not enough room for the machine.
    case noSpace(path: String, needed: UInt64, free: UInt64)
    /// A process runs the machine.
    case running(name: String, process: Int32?)
    /// A file that `machine.yaml` names is not there.
    case missingFile(path: String)
    /// The machine can not be exported as it is.
    case unexportable(why: String)
    /// A disk does not open; `why` says what to do.
    case disk(why: String)
    /// A snapshot of the machine can not be read.
    case snapshot(SnapshotError)
    /// The machine's description can not be read.
    case description(MachineSpecError)
    /// A name, or the folder of a machine, can not be used.
    case bundle(BundleError)
    /// An error of the host.
    case host(HostError)

    public var description: String {
        switch self {
        case .notAnArchive(let path):
            "\(Self.shown(path)) is no archive of a machine: name a file that `starling export` has made"
        case .unsupportedVersion(let path, let version):
            "\(Self.shown(path)) has version \(version) of the format, which this build does not read: "
                + "use a newer Starling"
        case .damaged(let path, let why):
            "\(Self.shown(path)) is damaged: \(why): copy the file again, or export the machine again"
        case .unacceptable(let path, let why):
            "\(Self.shown(path)) is not imported: \(why): export the machine again with `starling export`"
        case .exists(let path):
            "\(Self.shown(path)) exists: name another file, or replace it with --force"
        case .noSpace(let path, let needed, let free):
            "the machine needs \(needed >> 20) MiB in \(Self.shown(path)), where \(free >> 20) MiB are free: free some "
                + "space, or import it into a folder on another disk"
        case .running(let name, let process):
            "machine '\(name)' is running\(process.map { " as process \($0)" } ?? ""): stop it first, or fork it and "
                + "export the fork"
        case .missingFile(let path):
            "machine.yaml names \(Self.shown(path)), which does not exist: put the file there, or change machine.yaml"
        case .unexportable(let why): "the machine can not be exported: \(why)"
        case .disk(let why): why
        case .snapshot(let error): "\(error)"
        case .description(let error): "\(error)"
        case .bundle(let error): "\(error)"
        case .host(let error):
            error.code == HostError.Code.noSpace ? "\(error): free some space, or use another disk" : "\(error)"
        }
    }

    private static func shown(_ path: String) -> String { SpecText.singleLine(path) }

    /// Runs `body`; the host's errors become errors of archives.
    static func wrapping<Result>(_ body: () throws(HostError) -> Result) throws(ArchiveError) -> Result {
        do {
            return try body()
        } catch {
            throw .host(error)
        }
    }

    /// Runs `body`; errors of snapshots become errors of archives.
    static func wrappingSnapshots<Result>(
        _ body: () throws(SnapshotError) -> Result
    ) throws(ArchiveError) -> Result {
        do {
            return try body()
        } catch {
            throw .snapshot(error)
        }
    }
}
