// Reading `machine.yaml`.
import Devices
import HostOS
import PC
import Yams

extension MachineSpec {
    /// Reads the file at `path`.
    /// - Throws: `MachineSpecError`, or `HostError` when the file can not be read.
    public init(contentsOf path: String) throws {
        let bytes: [UInt8]
        do throws(HostError) {
            bytes = try File.contents(of: path, limit: YAMLGuard.maximumByteCount)
        } catch {
            guard error.isTooLarge else { throw error }
            throw MachineSpecError(
                path: path, line: 1, column: 1,
                message: "the file is larger than \(YAMLGuard.maximumByteCount >> 20) MiB: this is no machine.yaml")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MachineSpecError(path: path, line: 1, column: 1, message: "the file is not UTF-8 text")
        }
        try self.init(yaml: text, path: path)
    }

    /// Reads a text; `path` names it in messages.
    /// - Throws: `MachineSpecError` with the place of the first error.
    public init(yaml: String, path: String) throws(MachineSpecError) {
        let reader = SpecReader(path: path)
        guard yaml.utf8.count <= YAMLGuard.maximumByteCount else {
            throw MachineSpecError(path: path, line: 1, column: 1, message: "the text is larger than 1 MiB")
        }
        let root = try reader.parse(yaml)
        let keys = [
            "kind", "name", "board", "cpus", "memory", "engine", "clock", "boot", "disks", "display", "identity",
        ]
        let mapping = try SpecMapping(root, of: "the machine", known: keys, reader)
        guard let kind = mapping["kind"] else { throw reader.error(at: root, "'kind: Machine' is missing") }
        _ = try reader.word(kind, "kind", ["Machine"])
        guard let boot = mapping["boot"] else {
            throw reader.error(at: root, "'boot' is missing: say what the machine starts, e.g. boot: { image: NAME }")
        }
        self.init(boot: try Boot(boot, reader))
        try read(mapping, reader)
    }

    /// Takes over the keys that are there; the others keep their defaults.
    private mutating func read(_ mapping: SpecMapping, _ reader: SpecReader) throws(MachineSpecError) {
        if let node = mapping["name"] { name = try reader.machineName(node, "name") }
        if let node = mapping["board"] { board = try reader.board(node, "board") }
        if let node = mapping["cpus"] { cpus = try reader.integer(node, "cpus", board.cpuCounts) }
        if let node = mapping["memory"] { memory = try reader.memory(node, "memory") }
        if let node = mapping["engine"] { engine = try reader.word(node, "engine", EngineCatalog.names) }
        if let node = mapping["clock"] { clock = try reader.clock(node, "clock") }
        if let node = mapping["disks"] { disks = try reader.disks(node, "disks", board) }
        if let node = mapping["display"] { display = try reader.display(node, "display", board) }
        if let node = mapping["identity"] { identity = try MachineIdentity(node, reader) }
    }
}

extension MachineSpec.Boot {
    private static let keys = ["image", "kernel", "initrd", "commandLine", "deviceTree", "firmware", "bare"]

    fileprivate init(_ node: Node, _ reader: SpecReader) throws(MachineSpecError) {
        let mapping = try SpecMapping(node, of: "'boot'", known: Self.keys, reader)
        try Self.refuseCombinations(mapping)
        if let bare = mapping["bare"] {
            self = .bare(try reader.path(bare, "bare"))
            return
        }
        let firmware = try reader.path(in: mapping, "firmware")
        if let linux = try Self.linux(mapping) {
            self = .linux(linux, firmware: firmware)
        } else if let firmware {
            self = .firmware(firmware)
        } else {
            throw reader.error(at: node, "'boot' needs one of: image, kernel, firmware, bare")
        }
    }

    private static func linux(_ mapping: SpecMapping) throws(MachineSpecError) -> MachineSpec.Linux? {
        let reader = mapping.reader
        let source: MachineSpec.Source
        if let image = mapping["image"] {
            source = .image(try reader.imageName(image, "image"))
        } else if let kernel = try reader.path(in: mapping, "kernel") {
            source = .files(kernel: kernel, initrd: try reader.path(in: mapping, "initrd"))
        } else {
            return nil
        }
        var commandLine: String?
        if let node = mapping["commandLine"] { commandLine = try reader.commandLine(node, "commandLine") }
        let deviceTree = try reader.path(in: mapping, "deviceTree")
        return MachineSpec.Linux(source, commandLine: commandLine, deviceTree: deviceTree)
    }

    private static func refuseCombinations(_ mapping: SpecMapping) throws(MachineSpecError) {
        let others = keys.filter { $0 != "bare" }
        if mapping["bare"] != nil, let other = mapping.firstPresent(of: others) {
            throw mapping.reader.error(
                at: mapping.place(of: other), "'\(other)' does not go with 'bare': a bare program runs alone")
        }
        if mapping["image"] != nil, let other = mapping.firstPresent(of: ["kernel", "initrd"]) {
            throw mapping.reader.error(
                at: mapping.place(of: other), "'\(other)' does not go with 'image', which brings its own: remove one")
        }
        if mapping.firstPresent(of: ["image", "kernel"]) == nil,
            let other = mapping.firstPresent(of: ["initrd", "commandLine", "deviceTree"])
        {
            throw mapping.reader.error(at: mapping.place(of: other), "'\(other)' needs 'kernel' or 'image' beside it")
        }
    }
}

extension SpecReader {
    /// The path at a key that may be missing.
    fileprivate func path(in mapping: SpecMapping, _ key: String) throws(MachineSpecError) -> String? {
        guard let node = mapping[key] else { return nil }
        return try path(node, key)
    }

    fileprivate func machineName(_ node: Node, _ key: String) throws(MachineSpecError) -> String {
        let text = try text(node, key)
        guard MachineName.isValid(text) else {
            throw error(at: node, "'\(SpecText.shown(text))' can not be a name: \(MachineName.rule)")
        }
        return text
    }

    /// Whether an image of this name exists is looked up when the machine starts.
    fileprivate func imageName(_ node: Node, _ key: String) throws(MachineSpecError) -> String {
        let text = try text(node, key)
        guard !text.isEmpty, !text.contains("/"), !text.hasPrefix(".") else {
            throw error(at: node, "'\(SpecText.shown(text))' can not be an image: starling image ls lists them")
        }
        return text
    }

    fileprivate func commandLine(_ node: Node, _ key: String) throws(MachineSpecError) -> String {
        let text = try text(node, key)
        if let problem = KernelCommandLine.problem(with: text) { throw error(at: node, "'\(key)': \(problem)") }
        return text
    }

    fileprivate func memory(_ node: Node, _ key: String) throws(MachineSpecError) -> ByteSize {
        let text = try text(node, key)
        guard let size = ByteSize(text) else {
            throw error(at: node, "'\(SpecText.shown(text))' is not a size: write a number and a unit, e.g. 512MiB")
        }
        guard MachineConfiguration.memoryRange.contains(size.bytes), size.bytes % 4096 == 0 else {
            throw error(at: node, "'\(key)' is \(size), but must be 1MiB to 1TiB and a multiple of 4KiB")
        }
        return size
    }

    fileprivate func board(_ node: Node, _ key: String) throws(MachineSpecError) -> BoardModel {
        let text = try word(node, key, BoardModel.names)
        return BoardModel(rawValue: text) ?? .standard
    }

    fileprivate func clock(_ node: Node, _ key: String) throws(MachineSpecError) -> MachineSpec.Clock {
        let text = try word(node, key, MachineSpec.Clock.allCases.map(\.rawValue))
        return MachineSpec.Clock(rawValue: text) ?? .free
    }

    fileprivate func display(
        _ node: Node, _ key: String, _ board: BoardModel
    ) throws(MachineSpecError) -> MachineSpec.Display {
        let all = board.hasDisplay ? MachineSpec.Display.allCases : [.none]
        return MachineSpec.Display(rawValue: try word(node, key, all.map(\.rawValue))) ?? .none
    }

    fileprivate func disks(
        _ node: Node, _ key: String, _ board: BoardModel
    ) throws(MachineSpecError) -> [MachineSpec.Disk] {
        guard case .sequence(let sequence) = node else {
            throw error(at: node, "'disks' must be a list: - file: root.raw")
        }
        guard sequence.count <= MachineConfiguration.maximumDiskCount else {
            throw error(
                at: node, "\(sequence.count) disks are too many: at most \(MachineConfiguration.maximumDiskCount)")
        }
        var disks: [MachineSpec.Disk] = []
        for item in sequence { disks.append(try disk(item, board)) }
        return disks
    }

    private func disk(_ node: Node, _ board: BoardModel) throws(MachineSpecError) -> MachineSpec.Disk {
        let keys = ["file", "readOnly", "serial", "connection"]
        let mapping = try SpecMapping(node, of: "the disk", known: keys, self)
        guard let file = mapping["file"] else { throw error(at: node, "the disk has no 'file'") }
        var disk = MachineSpec.Disk(file: try path(file, "file"), readOnly: false, serial: "")
        if let node = mapping["readOnly"] { disk.readOnly = try boolean(node, "readOnly") }
        if let node = mapping["serial"] { disk.serial = try serial(node, "serial") }
        if let node = mapping["connection"] {
            let word = try word(node, "connection", board.diskConnections.map(\.rawValue))
            disk.connection = DiskConnection(rawValue: word) ?? .virtio
        }
        return disk
    }

    private func serial(_ node: Node, _ key: String) throws(MachineSpecError) -> String {
        let text = try text(node, key)
        guard BlockSerial(text) != nil else {
            throw error(at: node, "a serial is at most \(BlockSerial.maximumLength) printable ASCII characters")
        }
        return text
    }
}

extension HostError {
    fileprivate var isTooLarge: Bool { code == Code.fileTooLarge }
}
