// `starling image`.
import ArgumentParser

struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "Build, list and remove guest images.",
        discussion: """
            EXAMPLES:
              starling image build debian-trixie-riscv64
              starling image ls
              starling image rm debian-trixie-riscv64

            \(ExitStatus.table)
            """,
        subcommands: [ImageBuildCommand.self, ImageLsCommand.self, ImageRmCommand.self])
}
