// Reading `machine.yaml`.
import Devices
import HostOS
import VirtRISCV
import Yams

extension MachineSpec {
    /// Reads the file at `path`.
    /// - Throws: `MachineSpecError`, or `HostError` when the file can not be read.
    public init(contentsOf path: String) throws {
        let bytes: [UInt8]
        do {
            bytes = try File.contents(of: path, limit: YAMLGuard.maximumByteCount)
        } catch let error where error.isTooLarge {
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
        let keys = ["kind", "name", "board", "cpus", "memory", "engine", "clock", "boot", "disks"]
        let mapping = try SpecMapping(root, of: "the machine", known: keys, reader)
        guard let kind = mapping["kind"] else { throw reader.error(at: root, "'kind: Machine' is missing") }
        _ = try reader.word(kind, "kind", ["Machine"])
        guard let boot = mapping["boot"] else {
            throw reader.error(at: root, "'boot' is missing: say what the machine starts, e.g. boot: { image: NAME }")
        }
        self.init(boot: try Boot(boot, reader))
        name = try mapping.optional("name", reader.machineName)
        board = try mapping.optional("board") { (node, key) throws(MachineSpecError) in
            try reader.word(node, key, Self.boards)
        } ?? board
        cpus = try mapping.optional("cpus") { (node, key) throws(MachineSpecError) in
            try reader.integer(node, key, VirtRISCV.hartCounts)
        } ?? cpus
        memory = try mapping.optional("memory", reader.memory) ?? memory
        engine = try mapping.optional("engine") { (node, key) throws(MachineSpecError) in
            try reader.word(node, key, EngineCatalog.names)
        } ?? engine
        clock = try mapping.optional("clock", reader.clock) ?? clock
        disks = try mapping.optional("disks", reader.disks) ?? []
    }
}

extension MachineSpec.Boot {
    private static let keys = ["image", "kernel", "initrd", "commandLine", "deviceTree", "firmware", "bare"]

    fileprivate init(_ node: Node, _ reader: SpecReader) throws(MachineSpecError) {
        let mapping = try SpecMapping(node, of: "'boot'", known: Self.keys, reader)
        try Self.refuseCombinations(mapping)
        if let bare = try mapping.optional("bare", reader.path) {
            self = .bare(bare)
            return
        }
        let firmware = try mapping.optional("firmware", reader.path)
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
        if let image = try mapping.optional("image", reader.imageName) {
            source = .image(image)
        } else if let kernel = try mapping.optional("kernel", reader.path) {
            source = .files(kernel: kernel, initrd: try mapping.optional("initrd", reader.path))
        } else {
            return nil
        }
        return MachineSpec.Linux(
            source, commandLine: try mapping.optional("commandLine", reader.commandLine),
            deviceTree: try mapping.optional("deviceTree", reader.path))
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

    fileprivate func clock(_ node: Node, _ key: String) throws(MachineSpecError) -> MachineSpec.Clock {
        let text = try word(node, key, MachineSpec.Clock.allCases.map(\.rawValue))
        return MachineSpec.Clock(rawValue: text) ?? .free
    }

    fileprivate func disks(_ node: Node, _ key: String) throws(MachineSpecError) -> [MachineSpec.Disk] {
        guard case .sequence(let sequence) = node else {
            throw error(at: node, "'disks' must be a list: - file: root.raw")
        }
        guard sequence.count <= MachineConfiguration.maximumDiskCount else {
            throw error(
                at: node, "\(sequence.count) disks are too many: at most \(MachineConfiguration.maximumDiskCount)")
        }
        var disks: [MachineSpec.Disk] = []
        for item in sequence { disks.append(try disk(item)) }
        return disks
    }

    private func disk(_ node: Node) throws(MachineSpecError) -> MachineSpec.Disk {
        let mapping = try SpecMapping(node, of: "the disk", known: ["file", "readOnly", "serial"], self)
        guard let file = mapping["file"] else { throw error(at: node, "the disk has no 'file'") }
        let serial = try mapping.optional("serial") { (node, key) throws(MachineSpecError) in
            let text = try self.text(node, key)
            guard BlockSerial(text) != nil else {
                throw error(at: node, "a serial is at most \(BlockSerial.maximumLength) printable ASCII characters")
            }
            return text
        }
        return MachineSpec.Disk(
            file: try path(file, "file"), readOnly: try mapping.optional("readOnly", boolean) ?? false,
            serial: serial ?? "")
    }
}

extension HostError {
    fileprivate var isTooLarge: Bool { code == Code.fileTooLarge }
}
