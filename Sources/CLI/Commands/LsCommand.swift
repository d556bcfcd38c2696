// `starling ls`.
import ArgumentParser
import Machine

struct LsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the machines.",
        discussion: """
            EXAMPLES:
              starling ls
              starling ls --json

            \(ExitStatus.table)
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let machines = try MachineHome().list().map(MachineSummary.init)
        if json { return try Output.write(json: machines) }
        let rows = machines.map { [$0.name, $0.state, $0.cpus.map(String.init) ?? "-", $0.memory ?? "-", $0.boots] }
        Output.write(table: [["NAME", "STATE", "CPUS", "MEMORY", "BOOTS"]] + rows)
    }
}
