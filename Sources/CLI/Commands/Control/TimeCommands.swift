// `starling record`, `bookmark`, `rewind`, `replay` and `timeline`.
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

struct BookmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bookmark",
        abstract: "Name this moment of a recorded machine.",
        discussion: """
            EXAMPLES:
              starling bookmark web before-the-crash
              starling rewind web --to before-the-crash

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Argument(help: ArgumentHelp("The name.", valueName: "bookmark"))
    var bookmark: String

    func run() throws {
        let status = try machine.client().send(
            "PUT", "/v1/bookmarks", BookmarkRequest(name: bookmark), as: MachineStatus.self)
        let place = status.recording?.bookmarks[bookmark] ?? status.instructions
        try machine.show(status, "bookmark '\(bookmark)' is at instruction \(place)")
    }
}

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run a recording again, from its beginning.",
        discussion: """
            The machine goes on from there, with the same input at the same instructions. With --verify
            it runs to the end at once, its states are compared with what they were, and it is where it
            was afterwards; the exit status is 1 when they differ.

            EXAMPLES:
              starling replay web
              starling replay web --verify
              starling replay web --verify --engine precise

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Flag(help: "Compare the states with those that were recorded.")
    var verify = false

    @Option(help: ArgumentHelp("With --verify: have this engine run it.", valueName: "name"))
    var engine: String?

    func validate() throws {
        if engine != nil && !verify { throw ValidationError("--engine goes with --verify") }
    }

    func run() throws {
        let client = try machine.client()
        if verify {
            let request = VerifyRequest(engine: engine)
            return try show(client.send("POST", "/v1/verify", request, as: VerifyInfo.self))
        }
        let status = try client.send("GET", "/v1/status", as: MachineStatus.self)
        let request = TravelRequest(instruction: status.recording?.first ?? 0)
        _ = try client.send("POST", "/v1/travel", request, as: MachineStatus.self)
        let running = try machine.bring(to: "running")
        try machine.show(running, running.text)
    }

    private func show(_ info: VerifyInfo) throws {
        let (moments, instructions) = (info.moments ?? 0, info.instructions ?? 0)
        let text =
            info.isSame
            ? "the recording is right: \(moments) moments over \(instructions) instructions are equal"
            : "the recording is wrong: \(info.part ?? "") differs after instruction \(info.instruction ?? 0)"
        try machine.show(info, text)
        if !info.isSame { throw ExitCode(ExitStatus.failure) }
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
              starling rewind web --to before-the-crash

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Option(help: ArgumentHelp("Back by this much of the guest's time: 5s, 200ms or 10us.", valueName: "time"))
    var by: String?

    @Option(help: ArgumentHelp("To this number of instructions since power-on.", valueName: "count"))
    var insn: UInt64?

    @Option(help: ArgumentHelp("To a moment that 'starling bookmark' has named.", valueName: "bookmark"))
    var to: String?

    func validate() throws {
        let places = [by, insn.map(String.init), to].compactMap { $0 }
        if places.count != 1 { throw ValidationError("where to? give one of --by, --insn and --to") }
        if let by, Self.nanoseconds(by) == nil {
            throw ValidationError("'\(by)' is no time: write a number with s, ms or us, for instance 5s")
        }
    }

    func run() throws {
        let request = TravelRequest(instruction: insn, back: by.flatMap(Self.nanoseconds), bookmark: to)
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
                + (status.instructions < recording.last ? " (in the past)" : "")
                + recording.bookmarks.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map {
                    "\n\($0.value)  \($0.key)"
                }.joined())
    }
}
