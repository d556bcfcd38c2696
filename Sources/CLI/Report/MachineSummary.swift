// A machine in a list.
import Machine

/// One machine as `ls` and `show` print it.
struct MachineSummary: Encodable {
    var name: String
    /// `running`, `stopped`, or `broken` when the description can not be used.
    var state: String
    var process: Int32?
    var path: String
    var cpus: Int?
    var memory: String?
    var memoryBytes: UInt64?
    /// The image or file that it boots, or what is wrong with the description.
    var boots: String

    init(_ bundle: MachineBundle) {
        name = bundle.name
        path = bundle.path
        switch bundle.runState {
        case .stopped: state = "stopped"
        case .running(let process): (state, self.process) = ("running", process)
        }
        do {
            let spec = try bundle.spec()
            (cpus, memory, memoryBytes) = (spec.cpus, "\(spec.memory)", spec.memory.bytes)
            boots = spec.boot.entries.first.map { "\($0.key) \($0.value)" } ?? "-"
        } catch {
            if state == "stopped" { state = "broken" }
            boots = Message.singleLine("\(error)")
        }
    }
}
