// What a running machine tells about itself.
import HostOS
import MachineCore

/// Figures of a machine's run so far.
public struct MachineReport: Codable, Equatable, Sendable {
    /// The engine's name.
    public var engine: String
    /// Instructions of all CPUs since power-on.
    public var instructions: UInt64
    /// Instructions since the report before.
    public var recentInstructions: UInt64
    /// What those took, in host nanoseconds; with all waiting.
    public var recentNanoseconds: UInt64
    /// What the engine translated; nil for one that does not.
    public var translation: TranslationStatistics?
}

/// Decides when a report is due: once in a while, and asked for at almost no cost.
struct ReportSchedule {
    /// Host nanoseconds between two reports.
    static let interval: UInt64 = 500_000_000
    /// The clock is looked at once in this many calls.
    private static let callsPerLook = 256

    private var calls = 0
    private var last = HostClock.monotonicNanoseconds()
    private var lastInstructions: UInt64 = 0

    /// The instructions and nanoseconds since the last report, if one is due now.
    mutating func due(_ instructions: UInt64, isIdle: Bool) -> (instructions: UInt64, nanoseconds: UInt64)? {
        calls += 1
        guard isIdle || calls % Self.callsPerLook == 0 else { return nil }
        let now = HostClock.monotonicNanoseconds()
        guard now - last >= Self.interval else { return nil }
        defer {
            last = now
            lastInstructions = instructions
        }
        return (instructions &- lastInstructions, now - last)
    }
}

extension Machine {
    /// Hands a report to whoever wants it, if one is due.
    func reportIfDue(isIdle: Bool) {
        guard let reporter, let recent = reports.due(instructionsExecuted, isIdle: isIdle) else { return }
        reporter(
            MachineReport(
                engine: engineName, instructions: instructionsExecuted, recentInstructions: recent.instructions,
                recentNanoseconds: recent.nanoseconds, translation: translationStatistics))
    }
}
