// Whose calls the board serves.
import MachineCore

extension BootProgram {
    /// Calls from supervisor mode are served by the machine: there is no firmware below it.
    var servesSupervisorCalls: Bool {
        if case .linux = self { return true }
        return false
    }
}
