// The process that runs a machine in the background, started by `starling start`.
import ArgumentParser
import HostOS
import Machine

/// Not for people: reports to the process that started it, and writes to the machine's log.
struct BackgroundCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run-in-background", shouldDisplay: false)

    @Argument var path: String

    /// The snapshot to begin from.
    @Option var from: String?

    func run() throws {
        let session: MachineSession
        do {
            session = try start()
        } catch {
            let failure = Failure.describe(error)
            ReportWriter.report(Array("\(failure.status) \(failure.description)".utf8))
            throw ExitCode(failure.status)
        }
        ReportWriter.report(Array(BackgroundStart.isRunning.utf8))
        let outcome = try session.run(readsInput: false)
        Message.say(outcome.text)
    }

    private func start() throws -> MachineSession {
        let interruption = try Interruption()
        let home = try MachineHome()
        let bundle = try MachineBundle(opening: path)
        let lock = try bundle.lock()
        // The log is that of the last run.
        try File(opening: bundle.logPath, .readWrite).resize(to: 0)
        let configuration = try bundle.configuration(try bundle.spec(), images: home.bootImage)
        return try MachineSession(
            configuration, bundle: bundle, interruption, holding: lock, from: from, outputLimit: Self.logLimit)
    }

    /// In bytes of console output.
    private static let logLimit = 16 << 20
}
