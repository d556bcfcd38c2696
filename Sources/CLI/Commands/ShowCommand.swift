// `starling show`.
import ArgumentParser
import Machine

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show all there is to know of a machine.",
        discussion: """
            Prints the machine's description as YAML with every default filled in; state and paths are comments.

            EXAMPLES:
              starling show web
              starling show web --json

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("The name of the machine, or the path of its folder.", valueName: "name"))
    var name: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let bundle = try MachineHome().bundle(name)
        let details = MachineDetails(bundle, try bundle.spec())
        if json { return try Output.write(json: details) }
        Output.write(details.text)
    }
}
