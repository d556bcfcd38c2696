// How a run ended, in words.
import Machine

extension MachineOutcome {
    /// What became of "the machine".
    var text: String {
        switch self {
        case .poweredOff(let status): "the machine switched itself off with status \(status)"
        case .stopped: "the machine was stopped"
        case .instructionLimit: "the machine did not end within its limit of instructions"
        case .idleForever: "the machine waits for ever: nothing can wake its CPUs, and its input has ended"
        }
    }
}
