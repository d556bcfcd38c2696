// `starling image rm`.
import ArgumentParser
import GuestImages
import Machine

struct ImageRmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove an image.",
        discussion: """
            Refuses while a machine boots the image's kernel.

            EXAMPLES:
              starling image rm debian-trixie-riscv64
              starling image rm --force debian-trixie-riscv64     # although machines will not start any more

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("The name of the image.", valueName: "name"))
    var name: String

    @Flag(help: "Remove it although machines use it.")
    var force = false

    @Flag(help: "Print the removed image's name as JSON.")
    var json = false

    func run() throws {
        let home = try MachineHome()
        let users = try home.list().filter { (try? $0.spec())?.image == name }.map(\.name)
        guard force || users.isEmpty else {
            throw Failure(
                "image '\(name)' is used by \(users.joined(separator: ", ")): remove these first (starling rm NAME), "
                    + "or use --force", status: ExitStatus.busy)
        }
        try home.images.remove(name)
        if json { return try Output.write(json: ["name": name]) }
        Output.write("removed image '\(name)'")
    }
}
