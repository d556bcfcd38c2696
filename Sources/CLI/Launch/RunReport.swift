// What --stats and --state-hash print.
import Foundation
import Machine
import MachineCore

/// Figures of a run, on standard error: standard output is the guest's.
struct RunReport: Encodable {
    var instructions: UInt64?
    var seconds: Double?
    var millionInstructionsPerSecond: Double?
    var stateHash: String?
    var translation: TranslationStatistics?

    init(_ session: MachineSession, stats: Bool, stateHash wantsHash: Bool) throws {
        if stats {
            instructions = session.machine.instructionsExecuted
            seconds = session.seconds
            let speed = Double(session.machine.instructionsExecuted) / max(session.seconds, 1e-9) / 1e6
            millionInstructionsPerSecond = speed
            translation = session.machine.translationStatistics
        }
        if wantsHash { stateHash = "\(try session.machine.stateHash())" }
    }

    /// Prints lines, or one line of JSON.
    func write(json: Bool) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            return Message.write(String(decoding: try encoder.encode(self), as: UTF8.self))
        }
        if let instructions, let seconds, let millionInstructionsPerSecond {
            Message.say(
                String(
                    format: "%llu instructions in %.2f seconds: %.1f million instructions per second",
                    instructions, seconds, millionInstructionsPerSecond))
        }
        if let translation { translation.lines.forEach(Message.say) }
        if let stateHash { Message.say("state hash \(stateHash)") }
    }
}
