// `starling rm`.
import ArgumentParser
import HostOS
import Machine

struct RmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove a machine with its disks.",
        discussion: """
            Removes the machine's folder. Disks elsewhere that it uses stay.

            EXAMPLES:
              starling rm web
              starling rm --force web      # stops it first, as if the power was cut

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("The name of the machine, or the path of its folder.", valueName: "name"))
    var name: String

    @Flag(help: "Stop the machine first if it runs.")
    var force = false

    @Flag(help: "Print the removed machine's name and path as JSON.")
    var json = false

    func run() throws {
        let bundle = try MachineHome().bundle(name)
        if case .running(let process) = bundle.runState {
            guard force else {
                throw Failure(
                    "machine '\(bundle.name)' is running\(process.map { " as process \($0)" } ?? ""): power it off "
                        + "(starling console \(name)), or use --force", status: ExitStatus.busy)
            }
            try stop(bundle, process)
        }
        try bundle.remove()
        if json { return try Output.write(json: ["name": bundle.name, "path": bundle.path]) }
        Output.write("removed machine '\(bundle.name)'")
    }

    /// Stops the machine through its console, or else by a signal to its process.
    private func stop(_ bundle: MachineBundle, _ process: Int32?) throws {
        do {
            try ConsoleClient(socketPath: bundle.socketPath).requestStop()
        } catch {
            if let process { HostProcess.terminate(process) }
        }
        for _ in 0..<Self.waits {
            if bundle.runState == .stopped { return }
            HostProcess.sleep(milliseconds: 50)
        }
        throw Failure(
            "machine '\(bundle.name)' does not stop\(process.map { ": end its process with kill -9 \($0)" } ?? "")",
            status: ExitStatus.busy)
    }

    /// 10 seconds: what is in flight to the disks is completed first.
    private static let waits = 200
}
