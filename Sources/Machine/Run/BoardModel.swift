// The boards by name: the one place that knows which there are.
import BootFormats
import Devices
import HostOS
import MachineCore
import PC
import StateCodec
import VirtRISCV

/// A board that a machine can have. A new one is a case here; the raw value is its name in `machine.yaml`.
public enum BoardModel: String, CaseIterable, Sendable {
    /// A RISC-V computer in the layout that Linux calls virt.
    case virtRISCV = "virt-riscv"
    /// A PC with x86-64 CPUs.
    case pc

    /// The board of machines that do not name one.
    public static let standard = BoardModel.virtRISCV
    /// The names, for messages and options.
    public static let names = allCases.map(\.rawValue)

    /// How many CPUs it can have.
    public var cpuCounts: ClosedRange<Int> {
        switch self {
        case .virtRISCV: VirtRISCV.cpuCounts
        case .pc: PCBoard.cpuCounts
        }
    }

    /// Where its RAM begins.
    var ramBase: GuestPhysicalAddress {
        switch self {
        case .virtRISCV: MemoryMap.ramBase
        case .pc: PCMemoryMap.ramBase
        }
    }

    /// How much RAM it can have, in bytes.
    var memoryRange: ClosedRange<UInt64> {
        let all = MachineConfiguration.memoryRange
        switch self {
        case .virtRISCV: return all
        case .pc: return all.lowerBound...PCMemoryMap.maximumRAMByteCount
        }
    }

    /// `e_machine` of its programs.
    var elfMachine: UInt16 {
        switch self {
        case .virtRISCV: VirtRISCV.elfMachine
        case .pc: PCBoard.elfMachine
        }
    }

    /// Its CPUs can run on threads of their own.
    var hasThreadedCPUs: Bool { self == .virtRISCV }

    /// A board in its power-on state, or with a saved one.
    /// - Throws: as the boards' initializers.
    func make(
        _ resources: BoardResources, _ configuration: MachineConfiguration, restoring tree: StateTree?
    ) throws -> any Board {
        switch self {
        case .virtRISCV: return try VirtRISCV(resources, restoring: tree)
        case .pc:
            var pc = try PCResources(resources)
            pc.videoBIOS = configuration.videoBIOS
            pc.identity = configuration.identity
            return try PCBoard(pc, restoring: tree)
        }
    }

    /// It has room for a display adapter.
    var hasDisplay: Bool { self == .pc }

    /// What its disks can be plugged into.
    var diskConnections: [DiskConnection] { self == .pc ? DiskConnection.allCases : [.virtio] }

    /// The board whose CPUs run the kernel or program in `file`, as far as its first bytes tell; nil when no board's
    /// do.
    public init?(recognizing file: BootFile) throws(BootError) {
        switch KernelKind.identify(try file.read()) {
        case .linuxImage(.riscv64): self = .virtRISCV
        case .bzImage: self = .pc
        case .elf(let machine):
            guard let model = Self.allCases.first(where: {
                ELFMachine.name($0.elfMachine, is64Bit: true) == machine
            }) else { return nil }
            self = model
        default: return nil
        }
    }
}
