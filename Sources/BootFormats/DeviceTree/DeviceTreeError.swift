// Why a device tree can not be written or read, each case with its cause and the next step.

/// What is wrong with a device tree.
public enum DeviceTreeError: Error, Equatable, Sendable {
    /// A node or property has a name that the format does not allow.
    case invalidName(String, path: String)
    /// Two properties or two children of the node at `path` have the same name.
    case duplicate(String, path: String)
    /// `what` is larger than `limit` (in bytes or levels, as `what` says).
    case limitExceeded(what: String, limit: Int)
    /// The bytes do not start with the magic number of a blob.
    case badMagic
    /// The blob can be read only by programs that know other versions of the format.
    case unsupportedVersion(version: UInt32, lastCompatible: UInt32)
    /// `what` ends at byte `end`, only `size` bytes are there.
    case truncated(what: String, end: Int, size: Int)
    /// The structure block is wrong at byte `offset` of the blob.
    case malformed(offset: Int, why: String)
}

extension DeviceTreeError: CustomStringConvertible {
    /// One line: the cause, then the next step.
    public var description: String {
        switch self {
        case .invalidName(let name, let path):
            "\"\(name)\" in device tree node \(path) is no legal name; use 1 to 31 letters, digits and ,._+-"
        case .duplicate(let name, let path):
            "device tree node \(path) has \"\(name)\" twice; remove one"
        case .limitExceeded(let what, let limit):
            "\(what) exceeds the limit of \(limit); use a smaller device tree"
        case .badMagic:
            "this is not a device tree blob; compile a source with dtc -O dtb"
        case .unsupportedVersion(let version, let lastCompatible):
            """
            the device tree blob has version \(version) (compatible down to \(lastCompatible)), this build \
            reads version 17; convert it with dtc -I dtb -O dtb -V 17
            """
        case .truncated(let what, let end, let size):
            "the device tree blob is truncated: \(what) ends at byte \(end) of \(size); copy it again"
        case .malformed(let offset, let why):
            "the device tree blob is damaged at byte \(offset): \(why); compile it again with dtc"
        }
    }
}
