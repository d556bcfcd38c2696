// All that is needed to build a machine: checked, with every default filled in.
import Devices
import MachineCore
import PC

/// A disk of a machine.
public struct DiskConfiguration: Equatable, Sendable {
    /// The raw image file.
    public var path: String
    public var readOnly: Bool
    /// The serial number that the guest reads: at most 20 printable ASCII characters.
    public var serial: String
    public var connection = DiskConnection.virtio
    /// What was written since a snapshot: a qcow2 image over `path`, used instead of it.
    public var overlay: Overlay?

    /// An image over others.
    public struct Overlay: Equatable, Sendable {
        /// The image.
        public var path: String
        /// The files that it may be based on; no other one is opened.
        public var allowedBacking: [String]

        /// An overlay.
        public init(path: String, allowedBacking: [String]) {
            self.path = path
            self.allowedBacking = allowedBacking
        }
    }

    /// A disk.
    public init(path: String, readOnly: Bool = false, serial: String = "") {
        self.path = path
        self.readOnly = readOnly
        self.serial = serial
    }
}

/// What a machine is made of. Comes from a bundle's `machine.yaml` or from command-line options.
public struct MachineConfiguration: Sendable {
    /// For messages.
    public var name: String
    public var board: BoardModel
    /// As many as the board can have.
    public var cpuCount: Int
    /// A multiple of 4096.
    public var memoryByteCount: UInt64
    /// The engine's name; see `EngineCatalog`.
    public var engine: String
    public var clock: ClockMode
    /// In the order in which the guest finds them.
    public var disks: [DiskConfiguration]
    public var program: BootProgram
    /// The video BIOS of the display adapter; nil for a machine without a display.
    public var videoBIOS: BootFile?
    /// How the machine calls itself.
    public var identity = MachineIdentity()

    /// The size of the display adapter's memory, in bytes.
    var videoMemoryByteCount: UInt64 { videoBIOS == nil ? 0 : VGA.usualVideoMemoryByteCount }

    /// A machine that boots `program`, with the defaults of `machine.yaml`.
    public init(name: String, program: BootProgram) {
        self.name = name
        self.program = program
        board = .standard
        cpuCount = 1
        memoryByteCount = 512 << 20
        engine = EngineCatalog.standard
        clock = .freeRunning
        disks = []
    }
}

/// How a machine's run ended.
public enum MachineOutcome: Equatable, Sendable {
    /// The guest switched itself off; 0 is success.
    case poweredOff(status: UInt16)
    /// Someone outside stopped it.
    case stopped
    /// The limit on instructions was reached.
    case instructionLimit
    /// All CPUs wait for something that can not come: no device is armed and no input is possible.
    case idleForever
}

/// Why a machine can not be built or run: cause and next step in one line.
public struct MachineError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    /// An error with its message.
    public init(_ description: String) { self.description = description }
}
