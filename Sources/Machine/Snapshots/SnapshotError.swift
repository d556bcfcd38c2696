// What can be wrong with snapshots.
import HostOS
import StateCodec

/// Why a snapshot can not be made, found or restored: cause, then next step.
public enum SnapshotError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No snapshot can have this name.
    case badName(String)
    /// A snapshot of this machine has the name already.
    case nameTaken(String, by: SnapshotID)
    /// The note is longer than allowed.
    case noteTooLong(byteCount: Int)
    /// No snapshot has this name or ID; `near` is one with a similar name.
    case notFound(String, near: String?)
    /// A file is not what Starling has written.
    case damaged(path: String, why: String)
    /// A file of encoded state is not what Starling has written, or was written by another version.
    case codec(path: String, StateCodecError)
    /// A file has a format that this build does not read.
    case unsupportedVersion(path: String, version: UInt32)
    /// The snapshot is of a machine with another configuration.
    case mismatch(snapshot: SnapshotID, what: String, saved: String, here: String)
    /// What the caller wants to store has no place in a snapshot.
    case unstorable(String)
    /// Another process changes the snapshots and does not come to an end.
    case busy(path: String, process: Int32?)
    /// An error of the host.
    case host(HostError)

    public var description: String {
        switch self {
        case .badName(let name):
            "'\(SpecText.shown(name))' can not be the name of a snapshot: \(SnapshotManifest.nameRule)"
        case .nameTaken(let name, let id):
            "the snapshot \(id) has the name '\(name)' already: choose another name, or remove \(id)"
        case .noteTooLong(let count):
            "the note has \(count) bytes: use at most \(SnapshotManifest.maximumNoteByteCount)"
        case .notFound(let name, let near):
            "there is no snapshot '\(SpecText.shown(name))': "
                + (near.map { "did you mean '\($0)'?" } ?? "list the snapshots to see which there are")
        case .damaged(let path, let why):
            "\(path) is damaged: \(why): use another snapshot, or copy this file again from a backup"
        case .codec(let path, let error):
            "\(path) can not be used: \(error)"
        case .unsupportedVersion(let path, let version):
            "\(path) has version \(version) of its format, which this build does not read: "
                + "use the Starling that wrote it"
        case .mismatch(let snapshot, let what, let saved, let here):
            "the snapshot \(snapshot) is of a machine with \(what) \(saved), this one has \(here): "
                + "set \(what) in machine.yaml to what the snapshot has"
        case .unstorable(let why):
            "the snapshot can not be made: \(why)"
        case .busy(let path, let process):
            "\(process.map { "process \($0)" } ?? "another process") is changing \(path): "
                + "wait until it is done, then try again"
        case .host(let error):
            error.code == HostError.Code.noSpace
                ? "\(error): free some space, or remove snapshots that are no longer needed" : "\(error)"
        }
    }

    /// Runs `body`; the host's errors become errors of snapshots.
    static func wrapping<Result>(_ body: () throws(HostError) -> Result) throws(SnapshotError) -> Result {
        do {
            return try body()
        } catch {
            throw .host(error)
        }
    }
}
