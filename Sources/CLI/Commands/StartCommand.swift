// `starling start`.
import ArgumentParser
import HostOS
import Machine

struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Start a machine in the background.",
        discussion: """
            Returns when the machine runs. What it prints is in starling.log in its folder.

            EXAMPLES:
              starling start web
              starling start web --attach      # Ctrl-A d leaves the console again
              starling start ./echo.starling

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("The name of the machine, or the path of its folder.", valueName: "name"))
    var name: String

    @Flag(help: "Attach this terminal to the console.")
    var attach = false

    @Flag(help: "Print the machine's name, path and log as JSON.")
    var json = false

    func run() throws {
        let bundle = try MachineHome().bundle(name)
        // Said here, where it can be said with line and column.
        _ = try bundle.spec()
        if case .running(let process) = bundle.runState {
            throw BundleError.running(name: bundle.name, process: process)
        }
        try BackgroundStart(bundle).start()
        if attach { return try ConsoleSession(bundle).run() }
        if json {
            return try Output.write(
                json: ["name": bundle.name, "path": bundle.path, "log": bundle.logPath])
        }
        Output.write("machine '\(bundle.name)' runs; its console: starling console \(name)")
    }
}
