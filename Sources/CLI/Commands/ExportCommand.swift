// `starling export`.
import ArgumentParser
import HostOS
import Machine

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a machine into one file.",
        discussion: """
            The file has the machine's disks and snapshots, and all that it uses elsewhere on this host: boot
            files, the kernel of its image, other disks. It is compressed, and every byte is under a checksum.
            The machine must not run; to export one that does, fork it and export the fork.

            EXAMPLES:
              starling export web -o web.starling-archive
              starling export web -o /backup/web --force     # replaces the file

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("The name of the machine, or the path of its folder.", valueName: "name"))
    var name: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String

    @Flag(help: "Replace the file if it exists.")
    var force = false

    @Flag(help: "Print what was written as JSON.")
    var json = false

    func run() throws {
        let home = try MachineHome()
        let bundle = try home.bundle(name)
        let summary = try ArchiveTask("exporting \(bundle.name)").run { task in
            try bundle.export(
                to: output, replacing: force, images: home.bootImage, workFile: task.begin, progress: task.show)
        }
        if json { return try Output.write(json: Report(bundle, summary, output)) }
        Output.write(
            "exported machine '\(bundle.name)' to \(output): \(Self.mebibytes(summary.byteCount)) for "
                + "\(Self.mebibytes(summary.contentByteCount)) in \(summary.fileCount) files")
    }

    private static func mebibytes(_ byteCount: UInt64) -> String { "\((byteCount + 1 << 20 - 1) >> 20) MiB" }

    private struct Report: Encodable {
        let name: String
        let path: String
        let bytes: UInt64
        let contentBytes: UInt64
        let files: Int

        init(_ bundle: MachineBundle, _ summary: ArchiveSummary, _ path: String) {
            name = bundle.name
            self.path = Folder.absolute(path)
            (bytes, contentBytes, files) = (summary.byteCount, summary.contentByteCount, summary.fileCount)
        }
    }
}
