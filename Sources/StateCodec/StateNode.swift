// One node of the machine's state tree.

/// The encoded state of one part of a machine.
public struct StateNode: Equatable, Sendable {
    /// Where the part is: `cpu/0`, `devices/uart0`.
    public let path: String
    /// The version of the part's `State`, which its owner counts up when the meaning changes.
    public let version: UInt16
    /// What `StateEncoder` made of the `State`.
    public let payload: [UInt8]

    /// - Throws: `invalidPath`; `limitExceeded` for a payload of 4 GiB or more.
    public init(path: String, version: UInt16, payload: [UInt8]) throws(StateCodecError) {
        guard Self.isValidPath(path) else { throw .invalidPath(path: path) }
        guard payload.count <= UInt32.max else {
            throw .limitExceeded(what: "the state of \(path), in bytes,", limit: Int(UInt32.max))
        }
        self.path = path
        self.version = version
        self.payload = payload
    }

    /// Whether `path` is made of components of `a-z 0-9 . _ -`, joined by `/`, at most 255 bytes.
    static func isValidPath(_ path: String) -> Bool {
        guard path.utf8.count <= 255 else { return false }
        return path.utf8.split(separator: slash, omittingEmptySubsequences: false).allSatisfy { component in
            !component.isEmpty && component.allSatisfy(isPathByte)
        }
    }

    private static let slash = UInt8(ascii: "/")

    private static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
