// `starling image ls`.
import ArgumentParser
import GuestImages
import Machine

struct ImageLsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the built images.",
        discussion: """
            EXAMPLES:
              starling image ls
              starling image ls --json

            \(ExitStatus.table)
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let store = try MachineHome().images
        let images = try store.list().map { ImageSummary($0) }
        let broken = try store.listBroken().map { ImageSummary(broken: $0.name, $0.reason) }
        let all = (images + broken).sorted { $0.name < $1.name }
        if json { return try Output.write(json: all) }
        let rows = all.map {
            [$0.name, $0.state, $0.architecture ?? "-", $0.board ?? "-", $0.problem ?? $0.built ?? "-"]
        }
        Output.write(table: [["NAME", "STATE", "ARCHITECTURE", "BOARD", "BUILT"]] + rows)
    }
}
