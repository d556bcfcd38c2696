// What can be wrong with encoded machine state, each case with its cause and the next step.

/// Why state could not be encoded or decoded.
///
/// Encoded state comes from files and from other hosts, so every one of these is an expected answer,
/// never a trap.
public enum StateCodecError: Error, Equatable, Sendable {
    /// The input ends before something that starts at byte `offset` and needs `needed` bytes; only
    /// `available` bytes are left.
    case truncated(offset: Int, needed: Int, available: Int)
    /// The input does not start with the magic number of a state tree.
    case badMagic
    /// A format or node has version `found`; this build reads `supported`. `what` names it.
    case unsupportedVersion(what: String, found: UInt16, supported: ClosedRange<UInt16>)
    /// The checksum in the trailer is not that of the bytes.
    case checksumMismatch(stored: UInt64, computed: UInt64)
    /// `what` is larger than `limit` (in bytes, levels or values, as `what` says).
    case limitExceeded(what: String, limit: Int)
    /// The byte at `offset` can not be part of encoded state.
    case malformed(offset: Int, why: String)
    /// The bytes are well formed, but the value at `path` is not what its type expects.
    case mismatch(path: String, why: String)
    /// The value at `path` has no encoded form.
    case unencodable(path: String, why: String)
    /// The tree has no node with this path.
    case noSuchNode(path: String)
    /// The tree already has a node with this path.
    case duplicateNode(path: String)
    /// This is not a legal node path.
    case invalidPath(path: String)
}

extension StateCodecError: CustomStringConvertible {
    /// One line: the cause, then the next step.
    public var description: String {
        "\(cause); \(nextStep)"
    }

    private var cause: String {
        switch self {
        case .truncated(let offset, let needed, let available):
            "the state is truncated: \(needed) bytes are needed at byte \(offset), \(available) are left"
        case .badMagic:
            "this is not a Starling state tree (it does not start with STARSTAT)"
        case .unsupportedVersion(let what, let found, let supported):
            "\(what) has version \(found), this build reads \(Self.text(supported))"
        case .checksumMismatch(let stored, let computed):
            "the state is damaged: its checksum is \(Self.hex(computed)), the file says \(Self.hex(stored))"
        case .limitExceeded(let what, let limit):
            "\(what) exceeds the limit of \(limit)"
        case .malformed(let offset, let why):
            "the state is malformed at byte \(offset): \(why)"
        case .mismatch(let path, let why):
            "the state of \(path) does not fit this build: \(why)"
        case .unencodable(let path, let why):
            "the state of \(path) can not be encoded: \(why)"
        case .noSuchNode(let path):
            "the state tree has no node \"\(path)\""
        case .duplicateNode(let path):
            "the state tree already has a node \"\(path)\""
        case .invalidPath(let path):
            "\"\(path)\" is not a node path"
        }
    }

    private var nextStep: String {
        switch self {
        case .truncated, .checksumMismatch, .malformed:
            "copy it again from its source, or use an older snapshot"
        case .badMagic:
            "check which file was given"
        case .unsupportedVersion(_, let found, let supported) where found > supported.upperBound:
            "use the newer Starling that wrote it"
        case .unsupportedVersion:
            "load it with the Starling that wrote it and save it again with a release in between"
        case .limitExceeded:
            "check that the state comes from a trusted machine, or raise the limit"
        case .mismatch, .noSuchNode:
            "use the Starling version and the machine configuration that wrote it"
        case .unencodable, .duplicateNode:
            "report this as a bug of Starling"
        case .invalidPath:
            "use components of a-z, 0-9, '.', '_' and '-' joined by '/', at most 255 bytes in all"
        }
    }

    private static func text(_ versions: ClosedRange<UInt16>) -> String {
        versions.count == 1
            ? "version \(versions.lowerBound)"
            : "versions \(versions.lowerBound) to \(versions.upperBound)"
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
