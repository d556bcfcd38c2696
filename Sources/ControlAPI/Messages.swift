// What the control API says and understands, as JSON. `Documentation/control-api.yaml` describes it.
import Foundation
import Machine

/// How a machine is.
public struct MachineStatus: Codable, Sendable {
    public var name: String
    /// `running` or `paused`.
    public var state: String
    public var engine: String
    /// Instructions of all CPUs since power-on.
    public var instructions: UInt64
    /// Virtual time since power-on, in nanoseconds.
    public var nanoseconds: UInt64
    public var cpus: Int
    /// RAM in bytes.
    public var memory: UInt64
    /// The recorded moments, if the machine is recorded.
    public var recording: Recording?
    /// The trace that is being made, if any.
    public var trace: TraceInfo?
}

/// The moments that a recorded machine can go to, in instructions since power-on.
public struct Recording: Codable, Sendable {
    public var first: UInt64
    public var last: UInt64
    /// The moments that have names.
    public var bookmarks: [String: UInt64]
}

/// A wish for a state: `running`, `paused` or `stopped`.
public struct StateRequest: Codable, Sendable {
    public var state: String

    public init(state: String) { self.state = state }
}

/// A wish for an engine, now or later.
public struct EngineRequest: Codable, Sendable {
    public var engine: String
    /// Before the instruction at this virtual address.
    public var at: UInt64?
    /// After so many more instructions.
    public var after: UInt64?

    public init(engine: String, at: UInt64? = nil, after: UInt64? = nil) {
        self.engine = engine
        self.at = at
        self.after = after
    }
}

/// A wish for a snapshot.
public struct SnapshotRequest: Codable, Sendable {
    public var name: String?
    public var note: String?

    public init(name: String? = nil, note: String? = nil) {
        self.name = name
        self.note = note
    }
}

/// A snapshot.
public struct SnapshotInfo: Codable, Sendable {
    public var id: String
    public var name: String?
    public var note: String
    /// The snapshot that the machine came from when this one was made.
    public var parent: String?
    /// Nanoseconds since 1970-01-01 UTC.
    public var created: UInt64
    public var instructions: UInt64
    /// The machine derives from this snapshot now.
    public var isCurrent: Bool
    /// How long the guest stood still for it, in nanoseconds; only in the answer to its making.
    public var pause: UInt64?
}

/// A wish to be a snapshot again.
public struct RestoreRequest: Codable, Sendable {
    public var snapshot: String

    public init(snapshot: String) { self.snapshot = snapshot }
}

/// A wish to be recorded, or not.
public struct RecordRequest: Codable, Sendable {
    public var record: Bool

    public init(record: Bool) { self.record = record }
}

/// A wish for another moment of the recording.
public struct TravelRequest: Codable, Sendable {
    /// To this many instructions since power-on.
    public var instruction: UInt64?
    /// Back by this many nanoseconds of virtual time.
    public var back: UInt64?
    /// To the moment of this name.
    public var bookmark: String?

    public init(instruction: UInt64? = nil, back: UInt64? = nil, bookmark: String? = nil) {
        self.instruction = instruction
        self.back = back
        self.bookmark = bookmark
    }
}

/// A wish for a name of this moment of the recording.
public struct BookmarkRequest: Codable, Sendable {
    public var name: String

    public init(name: String) { self.name = name }
}

/// A wish to run the recording again and compare.
public struct VerifyRequest: Codable, Sendable {
    /// Runs it instead of the machine's own engine.
    public var engine: String?

    public init(engine: String? = nil) { self.engine = engine }
}

/// What came of running the recording again.
public struct VerifyInfo: Codable, Sendable {
    /// The same states were reached.
    public var isSame: Bool
    /// How many moments were compared, over how many instructions.
    public var moments: Int?
    public var instructions: UInt64?
    /// The part of the machine that differs first, and after which instruction.
    public var part: String?
    public var instruction: UInt64?
}

/// A wish for a trace.
public struct TraceRequest: Codable, Sendable {
    /// Some of `instructions`, `memory`, `devices` and `traps`.
    public var kinds: [String]
    /// The file to make, an absolute path.
    public var path: String
    /// Only these addresses, each as `FIRST-LAST`; all if missing.
    public var ranges: [String]?
    /// The trace ends after so many lines.
    public var lines: UInt64?

    public init(kinds: [String], path: String, ranges: [String]? = nil, lines: UInt64? = nil) {
        self.kinds = kinds
        self.path = path
        self.ranges = ranges
        self.lines = lines
    }
}

/// How far a trace is.
public struct TraceInfo: Codable, Sendable {
    public var path: String
    public var lines: UInt64
}

/// Where a debugger can connect.
public struct DebugRequest: Codable, Sendable {
    /// A port of 127.0.0.1, 0 for a free one; the socket in the machine's folder if nil.
    public var port: UInt16?

    public init(port: UInt16? = nil) { self.port = port }
}

/// Where a debugger can connect.
public struct DebugInfo: Codable, Sendable {
    public var address: String
}

/// A CPU's registers by name, in hexadecimal.
public struct CPUInfo: Codable, Sendable {
    public var cpu: Int
    public var registers: [Register]
    /// The instructions from the program counter on.
    public var code: [Code]

    /// A register.
    public struct Register: Codable, Sendable {
        public var name: String
        public var value: String
    }

    /// An instruction.
    public struct Code: Codable, Sendable {
        public var address: String
        public var text: String
    }
}

/// Wishes for values of registers, by name; decimal or hexadecimal with 0x.
public struct RegistersRequest: Codable, Sendable {
    public var cpu: Int
    public var values: [String: String]

    public init(cpu: Int, values: [String: String]) {
        self.cpu = cpu
        self.values = values
    }
}

/// How a CPU translates an address.
public struct PageTableInfo: Codable, Sendable {
    public var address: String
    /// Missing where the address is not mapped.
    public var physical: String?
    public var steps: [Step]

    /// An entry on the way.
    public struct Step: Codable, Sendable {
        public var level: Int
        public var entryAddress: String
        public var entry: String
    }
}

/// Bytes of memory.
public struct MemoryInfo: Codable, Sendable {
    public var address: String
    /// In hexadecimal; as many as could be read.
    public var bytes: String
}

/// Entries of a CPU's translation cache.
public struct TLBInfo: Codable, Sendable {
    public var cpu: Int
    public var entries: [Entry]

    /// A page.
    public struct Entry: Codable, Sendable {
        public var page: String
        public var physical: String
        public var accesses: String
    }
}

/// The parts of the machine, and the size of their states in bytes.
public struct DevicesInfo: Codable, Sendable {
    public var parts: [Part]

    /// A part.
    public struct Part: Codable, Sendable {
        public var path: String
        public var stateBytes: Int
    }
}

/// What the screen shows.
public struct ScreenInfo: Codable, Sendable {
    /// In pixels.
    public var width: Int
    public var height: Int
    /// A PNG file; base64 in JSON.
    public var png: Data
}

/// Text to be typed on the keyboard.
public struct TypeRequest: Codable, Sendable {
    public var text: String

    public init(text: String) { self.text = text }
}

/// Nothing to say.
public struct Done: Codable, Sendable {
    public init() {}
}

/// Why a request was refused: cause and next step.
public struct ErrorMessage: Codable, Sendable {
    public var error: String
}
