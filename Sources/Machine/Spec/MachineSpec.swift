// What `machine.yaml` says of a machine. Documentation/machine-yaml.md describes every key.
import Devices
import PC

/// A machine as its user describes it: a value that reads from and writes to YAML. Paths are as the
/// user wrote them; `configuration(in:images:)` makes them whole.
public struct MachineSpec: Equatable, Sendable {
    /// The name for messages; nil takes that of the bundle's folder.
    public var name: String?
    /// What the machine is built like.
    public var board = BoardModel.standard
    /// The number of CPUs, 1 to 8.
    public var cpus = 1
    /// The size of RAM.
    public var memory = ByteSize(mebibytes: 512)
    /// The name of an engine of `EngineCatalog`.
    public var engine = EngineCatalog.names[0]
    /// How time passes in the machine.
    public var clock = Clock.free
    /// What it runs.
    public var boot: Boot
    /// Its disks, in the order in which the guest finds them.
    public var disks: [Disk] = []
    /// What its screen is plugged into.
    public var display = Display.none
    /// How it calls itself.
    public var identity = MachineIdentity()

    /// A machine with the defaults for everything but what it boots.
    public init(boot: Boot) { self.boot = boot }

    /// How time passes.
    public enum Clock: String, CaseIterable, Sendable {
        /// With the host's clock.
        case free
        /// With the instructions that the machine executes, so that runs repeat exactly.
        case deterministic
    }

    /// A display adapter.
    public enum Display: String, CaseIterable, Sendable {
        case none
        /// A VGA with larger modes (Bochs VBE).
        case vga
    }

    /// What a machine starts with.
    public enum Boot: Equatable, Sendable {
        /// A Linux kernel; with `firmware` that is started first, otherwise by the machine itself.
        case linux(Linux, firmware: String?)
        /// Machine-mode firmware alone.
        case firmware(String)
        /// An ELF program in machine mode.
        case bare(String)
    }

    /// A Linux kernel with what it is given.
    public struct Linux: Equatable, Sendable {
        /// Where the kernel comes from.
        public var source: Source
        /// The kernel command line; nil takes the image's, or none.
        public var commandLine: String?
        /// A device tree instead of the board's own.
        public var deviceTree: String?

        /// A kernel to boot.
        public init(_ source: Source, commandLine: String? = nil, deviceTree: String? = nil) {
            self.source = source
            self.commandLine = commandLine
            self.deviceTree = deviceTree
        }
    }

    /// Where a kernel comes from.
    public enum Source: Equatable, Sendable {
        /// Kernel and initial RAM disk of a built image.
        case image(String)
        /// Files.
        case files(kernel: String, initrd: String?)
    }

    /// A disk.
    public struct Disk: Equatable, Sendable {
        /// A raw disk image.
        public var file: String
        /// The guest can not write.
        public var readOnly: Bool
        /// The serial number that the guest reads, at most 20 printable ASCII characters.
        public var serial: String
        /// What it is plugged into.
        public var connection: DiskConnection

        /// A disk.
        public init(
            file: String, readOnly: Bool = false, serial: String = "", connection: DiskConnection = .virtio
        ) {
            self.file = file
            self.readOnly = readOnly
            self.serial = serial
            self.connection = connection
        }

        /// A medium in an optical drive.
        public init(optical file: String) { self.init(file: file, readOnly: true, connection: .optical) }
    }

    /// The image that the machine boots, if it does.
    public var image: String? {
        if case .linux(let linux, _) = boot, case .image(let name) = linux.source { return name }
        return nil
    }
}
