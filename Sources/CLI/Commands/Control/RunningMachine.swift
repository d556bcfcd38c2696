// What the commands for running machines share.
import ArgumentParser
import ControlAPI
import Foundation
import HostOS
import Machine

/// The machine that a command is about.
struct RunningMachine: ParsableArguments {
    @Argument(help: ArgumentHelp("The name of the machine, or the path of its folder.", valueName: "name"))
    var name: String

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func bundle() throws -> MachineBundle { try MachineHome().bundle(name) }

    /// Where the running machine takes requests.
    func client() throws -> ControlClient { ControlClient(try bundle()) }

    /// Brings the machine into a state: `running`, `paused` or `stopped`.
    func bring(to state: String) throws -> MachineStatus {
        try client().send("PUT", "/v1/state", StateRequest(state: state), as: MachineStatus.self)
    }

    /// Prints an answer: JSON, or the text.
    func show(_ answer: some Encodable, _ text: @autoclosure () -> String) throws {
        if json { return try Output.write(json: answer) }
        Output.write(text())
    }
}

extension MachineStatus {
    /// In one line.
    var text: String {
        let seconds = String(format: "%.3f", Double(nanoseconds) / 1e9)
        let recorded = recording.map { ", recorded from instruction \($0.first) to \($0.last)" } ?? ""
        let traced = trace.map { ", traced to \($0.path)" } ?? ""
        return "machine '\(name)' is \(state): engine \(engine), \(instructions) instructions, \(seconds) s"
            + recorded + traced
    }
}
