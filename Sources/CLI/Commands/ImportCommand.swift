// `starling import`.
import ArgumentParser
import HostOS
import Machine

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a machine of a file that `export` has written.",
        discussion: """
            All checksums are compared, and disks and snapshots are tried, before the machine appears: a file
            that is damaged makes no machine. The machine needs nothing else of this host. A file that somebody
            else has made can not reach outside of the new machine's folder.

            EXAMPLES:
              starling import web.starling-archive
              starling import web.starling-archive --name web2
              starling import web.starling-archive --name /srv/machines/web

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("The file.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The name of the new machine, or a path, instead of the old name.", valueName: "name"))
    var name: String?

    @Flag(help: "Print the new machine's name and path as JSON.")
    var json = false

    func run() throws {
        let home = try MachineHome()
        let bundle = try ArchiveTask("importing \(Folder.name(of: file))").run { task in
            let archive = try MachineArchive(opening: file)
            let path = try home.newPath(name ?? archive.machineName)
            return try archive.unpack(to: path, workFolder: task.begin, progress: task.show)
        }
        if json { return try Output.write(json: ["name": bundle.name, "path": bundle.path]) }
        Output.write("imported machine '\(bundle.name)' to \(bundle.path)")
    }
}
