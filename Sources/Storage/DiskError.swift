// Why a disk image can not be used, and what to do about it.
import HostOS

/// A disk image that could not be opened. The description is for people: cause, then next step.
public enum DiskError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is nothing at the path.
    case missing(path: String)
    /// A directory, a terminal or the like.
    case notAFile(path: String, what: String)
    /// The host does not let us write the file.
    case notWritable(path: String)
    /// Somebody else has the disk; the process, if the host tells.
    case inUse(path: String, process: Int32?)
    /// This process has the disk open already.
    case inUseHere(path: String)
    /// The file has no bytes.
    case empty(path: String)
    /// The size is not a multiple of 512 bytes.
    case oddSize(path: String, byteCount: UInt64)
    /// Another error of the host.
    case host(path: String, HostError)

    public var description: String {
        switch self {
        case .missing(let path):
            "there is no disk \(path); check the path, or make an empty disk: truncate -s 8G '\(path)'"
        case .notAFile(let path, let what):
            "disk \(path) is \(what); name a raw image file or a block device"
        case .notWritable(let path):
            "disk \(path) can not be written; change its permissions, or use readOnly"
        case .inUse(let path, let process):
            "disk \(path) is used by another process\(process.map { " (\($0))" } ?? ""); "
                + "stop it, or use readOnly on both sides"
        case .inUseHere(let path):
            "disk \(path) is named twice in one machine; name it once, or use readOnly for both"
        case .empty(let path):
            "disk \(path) is empty; give it a size: truncate -s 8G '\(path)'"
        case .oddSize(let path, let byteCount):
            "disk \(path) has \(byteCount) bytes, which is not a multiple of 512; if it is a raw image, it "
                + "was cut short: copy it again, or pad it: truncate -s %512 '\(path)'"
        case .host(let path, let error):
            "disk \(path) can not be used: \(error); repair that, or name another disk"
        }
    }
}
