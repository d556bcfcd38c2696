// Options for what a machine consists of.
import ArgumentParser
import HostOS
import Machine

/// CPUs, memory, engine and clock; what is not given stays as the machine's description has it.
struct HardwareOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The board: \(BoardModel.names.joined(separator: ", ")) (default: the one that what it boots is for).",
            valueName: "board"),
        transform: HardwareOptions.boardModel)
    var board: BoardModel?

    @Option(
        help: ArgumentHelp("CPUs, 1 to 8 (default: 1).", valueName: "count"), transform: HardwareOptions.count)
    var cpus: Int?

    @Option(
        help: ArgumentHelp("Memory with a unit, for instance 2GiB (default: 512MiB).", valueName: "size"),
        transform: HardwareOptions.size)
    var memory: ByteSize?

    @Option(help: "The engine: \(HardwareOptions.engines).", transform: HardwareOptions.engineName)
    var engine: String?

    @Flag(help: "Count time in instructions, not with the host's clock: equal runs stay equal.")
    var deterministic = false

    @Option(
        help: ArgumentHelp(
            "Add a disk, FILE[,readonly][,serial=S]: a raw image or a block device. May be repeated.",
            valueName: "disk"),
        transform: DiskOption.disk)
    var disk: [MachineSpec.Disk] = []

    @Option(
        help: ArgumentHelp("Put a CD or DVD image into an optical drive (board: pc).", valueName: "file"),
        transform: HardwareOptions.optical)
    var cdrom: [MachineSpec.Disk] = []

    @Option(
        help: ArgumentHelp("The display adapter: none, or vga (board: pc).", valueName: "display"),
        transform: HardwareOptions.display)
    var display: MachineSpec.Display?

    /// Changes `spec` as the options say.
    func apply(to spec: inout MachineSpec) {
        if let board { spec.board = board }
        if let cpus { spec.cpus = cpus }
        if let memory { spec.memory = memory }
        if let engine { spec.engine = engine }
        if deterministic { spec.clock = .deterministic }
        if let display { spec.display = display }
        spec.disks += disk + cdrom
    }

    /// They have something that a BIOS can boot.
    var hasMedia: Bool { !disk.isEmpty || !cdrom.isEmpty }

    // What can not be is refused here, where the message can name the option.

    private static func boardModel(_ text: String) throws -> BoardModel {
        guard let model = BoardModel(rawValue: text) else {
            throw ValidationError("there are these: \(BoardModel.names.joined(separator: ", "))")
        }
        return model
    }

    private static func optical(_ text: String) throws -> MachineSpec.Disk {
        MachineSpec.Disk(optical: Folder.absolute(text))
    }

    private static func display(_ text: String) throws -> MachineSpec.Display {
        guard let display = MachineSpec.Display(rawValue: text) else {
            throw ValidationError("there are these: none, vga")
        }
        return display
    }

    private static func count(_ text: String) throws -> Int {
        let counts = BoardModel.standard.cpuCounts
        guard let count = Int(text), counts.contains(count) else {
            throw ValidationError("a machine has \(counts.lowerBound) to \(counts.upperBound) CPUs")
        }
        return count
    }

    private static func size(_ text: String) throws -> ByteSize {
        guard let size = ByteSize(text) else {
            throw ValidationError("write a number and a unit, for instance 512MiB or 2GiB")
        }
        guard MachineConfiguration.memoryRange.contains(size.bytes), size.bytes % 4096 == 0 else {
            throw ValidationError("memory is 1MiB to 1TiB and a multiple of 4KiB")
        }
        return size
    }

    private static var engines: String { EngineCatalog.names.joined(separator: ", ") }

    private static func engineName(_ text: String) throws -> String {
        guard EngineCatalog.names.contains(text) else { throw ValidationError("there are these: \(engines)") }
        return text
    }
}
