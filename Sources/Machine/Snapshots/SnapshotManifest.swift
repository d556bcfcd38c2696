// What a snapshot says about itself.
import StateCodec

/// The facts about a snapshot, without its state and RAM.
public struct SnapshotManifest: Equatable, Sendable {
    /// What must be the same in the machine that is restored.
    public struct MachineFacts: Codable, Equatable, Sendable {
        /// The size of RAM in bytes, a multiple of 4096, not 0.
        public var ramByteCount: UInt64
        /// The number of CPUs, at least 1.
        public var cpuCount: Int
        /// The name of the board, 1 to 64 printable characters.
        public var boardName: String

        /// Facts of a machine.
        public init(ramByteCount: UInt64, cpuCount: Int, boardName: String) {
            self.ramByteCount = ramByteCount
            self.cpuCount = cpuCount
            self.boardName = boardName
        }
    }

    /// Where the machine was, and what else belongs to the snapshot.
    public struct Moment: Codable, Equatable, Sendable {
        /// Instructions executed since the machine's power-on, of all CPUs.
        public var instructionsExecuted: UInt64
        /// Virtual time since power-on, in nanoseconds.
        public var virtualNanoseconds: UInt64
        /// The files in the bundle that hold the disks' contents of this moment and are not written any
        /// more: relative paths, at most 256.
        public var frozenDisks: [String]

        /// A moment in the life of a machine.
        public init(instructionsExecuted: UInt64, virtualNanoseconds: UInt64, frozenDisks: [String] = []) {
            self.instructionsExecuted = instructionsExecuted
            self.virtualNanoseconds = virtualNanoseconds
            self.frozenDisks = frozenDisks
        }
    }

    /// What one file of the snapshot must be.
    struct FileFacts: Codable, Equatable, Sendable {
        /// Its length in bytes.
        var byteCount: UInt64
        /// The XXH3-128 hash, most significant half first.
        var hash: [UInt64]
    }

    /// Its ID.
    public let id: SnapshotID
    /// The snapshot that the machine came from when this one was made; it may be removed by now.
    public let parent: SnapshotID?
    /// The name that the user gave, if any.
    public let name: String?
    /// The user's remark; may be empty.
    public let note: String
    /// When it was made, in nanoseconds since 1970-01-01 UTC.
    public let createdNanoseconds: UInt64
    /// The machine's configuration.
    public let machine: MachineFacts
    /// The moment.
    public let moment: Moment
    /// How many RAM layers are read to restore it, its own included.
    public let layerCount: Int
    /// The whole file `state`.
    let state: FileFacts
    /// The length of the file `ram`, and the hash of its header, which has the checksums of the rest.
    let ram: FileFacts

    /// The longest note, in bytes of UTF-8.
    public static let maximumNoteByteCount = 1024
    /// The rule for names, for messages.
    public static let nameRule =
        "use 1 to 64 letters, digits, '.', '_' and '-', starting with a letter or digit, not 's' and a number"

    /// Checks that the machine with the facts `here` can be restored from this snapshot.
    /// - Throws: `SnapshotError.mismatch`.
    public func check(against here: MachineFacts) throws(SnapshotError) {
        func require(_ what: String, _ saved: String, _ here: String) throws(SnapshotError) {
            if saved != here { throw .mismatch(snapshot: id, what: what, saved: saved, here: here) }
        }
        try require("board", machine.boardName, here.boardName)
        try require("cpus", "\(machine.cpuCount)", "\(here.cpuCount)")
        try require("memory", "\(machine.ramByteCount) bytes", "\(here.ramByteCount) bytes")
    }

    /// `name` can be a snapshot's.
    public static func isValidName(_ name: String) -> Bool {
        MachineName.isValid(name) && !SnapshotID.resembles(name)
    }
}
