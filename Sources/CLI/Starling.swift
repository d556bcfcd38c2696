// The command line: `starling` and its commands.
import ArgumentParser
import Foundation
import HostOS

/// `starling`.
@main
struct Starling: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "starling",
        abstract: "Makes and runs virtual machines.",
        discussion: """
            A machine is a folder NAME.starling with a machine.yaml; an image is a guest
            system that is ready to boot.

            EXAMPLES:
              starling image build debian-trixie-riscv64
              starling run debian-trixie-riscv64              # a throw-away machine
              starling run debian-trixie-riscv64 -- uname -a  # one command in it
              starling create web --image debian-trixie-riscv64 --memory 1GiB
              starling start web --attach

            \(ExitStatus.table)

            FILES:
              Machines and images are in $STARLING_HOME, else $XDG_DATA_HOME/starling,
              else ~/.local/share/starling.
            """,
        version: "0.4.0",
        subcommands: [
            RunCommand.self, CreateCommand.self, StartCommand.self, LsCommand.self, ShowCommand.self,
            StatsCommand.self, ConsoleCommand.self, PauseCommand.self, ResumeCommand.self, StopCommand.self,
            ResetCommand.self, ScreenshotCommand.self, TypeCommand.self, SwitchCommand.self,
            SnapshotCommand.self, SnapshotsCommand.self,
            RestoreCommand.self, ForkCommand.self, RecordCommand.self, BookmarkCommand.self,
            RewindCommand.self, ReplayCommand.self, TimelineCommand.self, DebugCommand.self,
            TraceCommand.self, InspectCommand.self, SetCommand.self, ExportCommand.self, ImportCommand.self,
            RmCommand.self, ImageCommand.self, BackgroundCommand.self,
        ])

    static func main() {
        Signals.ignoreBrokenPipes()
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            Terminal.restore()
            Foundation.exit(Failure.report(error, arguments: arguments))
        }
    }
}
