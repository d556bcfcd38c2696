// All there is to know of a machine.
import Foundation
import Machine

/// A machine as `show` prints it: its description with every default, its state and its paths.
struct MachineDetails: Encodable {
    struct Disk: Encodable {
        var file: String
        var readOnly: Bool
        var serial: String
    }

    var name: String
    var state: String
    var process: Int32?
    var path: String
    var specFile: String
    var logFile: String
    var consoleSocket: String
    var board: String
    var cpus: Int
    var memoryBytes: UInt64
    var engine: String
    var clock: String
    var boot: [String: String]
    var disks: [Disk]
    private let yaml: String

    private enum CodingKeys: String, CodingKey {
        case name, state, process, path, specFile, logFile, consoleSocket, board, cpus, memoryBytes, engine, clock
        case boot, disks
    }

    init(_ bundle: MachineBundle, _ spec: MachineSpec) {
        let summary = MachineSummary(bundle)
        (name, state, process) = (summary.name, summary.state, summary.process)
        path = bundle.path
        specFile = bundle.specPath
        logFile = bundle.logPath
        consoleSocket = bundle.socketPath
        board = spec.board.rawValue
        cpus = spec.cpus
        memoryBytes = spec.memory.bytes
        engine = spec.engine
        clock = spec.clock.rawValue
        boot = Dictionary(spec.boot.entries.map { ($0.key, $0.value) }) { first, _ in first }
        disks = spec.disks.map { Disk(file: $0.file, readOnly: $0.readOnly, serial: $0.serial) }
        yaml = spec.yaml
    }

    /// The description as YAML, with the rest as comments.
    var text: String {
        let process = process.map { " (process \($0))" } ?? ""
        return """
            # machine:  \(name)
            # state:    \(state)\(process)
            # folder:   \(path)
            # log:      \(logFile)
            # console:  \(consoleSocket)
            \(yaml)
            """.trimmingCharacters(in: .newlines)
    }
}
