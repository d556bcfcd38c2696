// `starling record`, `rewind` and `timeline`.
import ArgumentParser
import ControlAPI
import Foundation
import Machine

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record a running machine, so that it can go back in time.",
        discussion: """
            While it is recorded, the machine's time is counted in instructions. It needs one CPU. The
            recording is kept in memory, 1 GiB at most; the oldest moments are forgotten.

            EXAMPLES:
              starling record web
              starling record web --end

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Flag(help: "End the recording instead, and forget it.")
    var end = false

    func run() throws {
        let status = try machine.client().send(
            "PUT", "/v1/recording", RecordRequest(record: !end), as: MachineStatus.self)
        try machine.show(status, status.text)
    }
}

struct RewindCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewind",
        abstract: "Bring a recorded machine to another moment, and pause it there.",
        discussion: """
            EXAMPLES:
              starling rewind web --by 5s
              starling rewind web --insn 1200000000

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Option(help: ArgumentHelp("Back by this much of the guest's time: 5s, 200ms or 10us.", valueName: "time"))
    var by: String?

    @Option(help: ArgumentHelp("To this number of instructions since power-on.", valueName: "count"))
    var insn: UInt64?

    func validate() throws {
        if (by == nil) == (insn == nil) { throw ValidationError("where to? give one of --by and --insn") }
        if let by, Self.nanoseconds(by) == nil {
            throw ValidationError("'\(by)' is no time: write a number with s, ms or us, for instance 5s")
        }
    }

    func run() throws {
        let request = TravelRequest(instruction: insn, back: by.flatMap(Self.nanoseconds))
        let status = try machine.client().send("POST", "/v1/travel", request, as: MachineStatus.self)
        try machine.show(status, status.text)
    }

    /// The nanoseconds that a text like `5s` stands for.
    static func nanoseconds(_ text: String) -> UInt64? {
        for (unit, factor) in [("ms", 1e6), ("us", 1e3), ("ns", 1), ("s", 1e9)] where text.hasSuffix(unit) {
            guard let number = Double(text.dropLast(unit.count)), number >= 0, number * factor < 1e18 else {
                return nil
            }
            return UInt64(number * factor)
        }
        return nil
    }
}

struct TimelineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timeline",
        abstract: "Show which moments of a machine can be reached.",
        discussion: """
            EXAMPLES:
              starling timeline web

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    func run() throws {
        let status = try machine.client().send("GET", "/v1/status", as: MachineStatus.self)
        guard let recording = status.recording else {
            return try machine.show(status, "not recorded; begin with: starling record \(machine.name)")
        }
        try machine.show(
            status,
            "instructions \(recording.first) to \(recording.last), now at \(status.instructions)"
                + (status.instructions < recording.last ? " (in the past)" : ""))
    }
}
