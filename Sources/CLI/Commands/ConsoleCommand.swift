// `starling console`.
import ArgumentParser
import Machine

struct ConsoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Attach to the console of a running machine.",
        discussion: """
            On a terminal, Ctrl-A d leaves (the machine goes on), Ctrl-A x stops the machine, Ctrl-A h shows all
            keys. Otherwise standard input is typed on the console, and the command ends with the machine.

            EXAMPLES:
              starling console web
              echo poweroff | starling console web

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("The name of the machine, or the path of its folder.", valueName: "name"))
    var name: String

    func run() throws { try ConsoleSession(try MachineHome().bundle(name)).run() }
}
