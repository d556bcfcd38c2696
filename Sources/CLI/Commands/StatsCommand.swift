// `starling stats`.
import ArgumentParser
import HostOS
import Machine
import MachineCore

struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show what the engine of a running machine does.",
        discussion: """
            Figures of the last half second, and counters since the start: blocks and traces (the two tiers of
            translation), bytes of code, and why generated code was left.

            EXAMPLES:
              starling stats web
              starling stats web --json

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("The name of the machine, or the path of its folder.", valueName: "name"))
    var name: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let bundle = try MachineHome().bundle(name)
        guard case .running = bundle.runState else {
            throw MachineError("\(bundle.name) does not run: start it with `starling start \(bundle.name)`")
        }
        guard let report = try firstReport(bundle.reportPath) else {
            throw MachineError("\(bundle.name) has not reported yet: try again in a second")
        }
        if json { return try Output.write(json: report) }
        Output.write(report.text)
    }

    /// A machine that has just started reports within a second.
    private func firstReport(_ path: String) throws -> MachineReport? {
        for _ in 0..<20 {
            if let report = try ReportFile.read(path) { return report }
            HostProcess.sleep(milliseconds: 100)
        }
        return nil
    }
}

extension MachineReport {
    /// The report for people.
    var text: String {
        let perSecond = Double(recentInstructions) * 1000 / Double(max(recentNanoseconds, 1))
        var lines = [
            "engine        \(engine)",
            "instructions  \(instructions)",
            "speed         \(Int(perSecond)) million instructions per second",
        ]
        if let translation { lines += translation.lines }
        return lines.joined(separator: "\n")
    }
}

extension TranslationStatistics {
    /// The counters, one kind to a line.
    var lines: [String] {
        [
            "blocks        \(blocks) of \(guestInstructions) instructions",
            "traces        \(traces) of \(traceInstructions) instructions",
            "code          \(codeBytes) bytes, \(links) links",
            "changes       \(invalidations) writes into code, \(evictions) evictions",
            "exits         budget \(exits.budget), attention \(exits.attention), hot \(exits.hot), "
                + "lookup \(exits.lookup), link \(exits.link), bail \(exits.bail), trap \(exits.trap), "
                + "uncompiled \(exits.uncompiled)",
            "calls         helpers \(exits.helpers), TLB misses \(exits.misses)",
        ]
    }
}
