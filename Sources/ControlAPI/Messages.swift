// What the control API says and understands, as JSON. `Documentation/control-api.yaml` describes it.
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
}

/// The moments that a recorded machine can go to, in instructions since power-on.
public struct Recording: Codable, Sendable {
    public var first: UInt64
    public var last: UInt64
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

    public init(instruction: UInt64? = nil, back: UInt64? = nil) {
        self.instruction = instruction
        self.back = back
    }
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

/// Nothing to say.
public struct Done: Codable, Sendable {
    public init() {}
}

/// Why a request was refused: cause and next step.
public struct ErrorMessage: Codable, Sendable {
    public var error: String
}
