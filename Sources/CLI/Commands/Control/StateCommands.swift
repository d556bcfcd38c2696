// `starling pause`, `resume`, `stop` and `reset`.
import ArgumentParser
import ControlAPI
import Machine

struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Make a running machine stand still; its time stops, too.",
        discussion: """
            EXAMPLES:
              starling pause web

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    func run() throws {
        let status = try machine.bring(to: "paused")
        try machine.show(status, status.text)
    }
}

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a paused machine go on.",
        discussion: """
            EXAMPLES:
              starling resume web

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    func run() throws {
        let status = try machine.bring(to: "running")
        try machine.show(status, status.text)
    }
}

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop a machine at once, as its power switch does.",
        discussion: """
            The guest is not asked: what it has not written to its disks is lost. Its own command
            for that is poweroff.

            EXAMPLES:
              starling stop web

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    func run() throws {
        let status = try machine.bring(to: "stopped")
        try machine.show(status, "machine '\(status.name)' is stopped")
    }
}

struct ResetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Start the guest of a running machine again, as its reset button does.",
        discussion: """
            EXAMPLES:
              starling reset web

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    func run() throws {
        let done = try machine.client().send("POST", "/v1/reset", as: Done.self)
        let name = try machine.bundle().name
        try machine.show(done, "machine '\(name)' starts again")
    }
}
