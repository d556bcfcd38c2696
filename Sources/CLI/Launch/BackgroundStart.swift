// Starting a machine's process in the background.
import HostOS
import Machine

/// Starts the process that runs a machine, and waits until it runs.
struct BackgroundStart {
    private let bundle: MachineBundle
    private let snapshot: String?

    /// - Parameter snapshot: the moment to begin at instead of a power-on.
    init(_ bundle: MachineBundle, from snapshot: String? = nil) {
        self.bundle = bundle
        self.snapshot = snapshot
    }

    /// What the process in the background reports when all is well.
    static let isRunning = "0"

    /// Returns when the machine runs.
    func start() throws { try launch().wait() }

    /// Starts the process, and leaves it alone.
    func launch() throws -> Launched {
        let arguments = ["starling", BackgroundCommand._commandName, bundle.path]
        let report = try HostProcess.startDetached(
            arguments: arguments + (snapshot.map { ["--from", $0] } ?? []), log: bundle.logPath)
        return Launched(report: report, logPath: bundle.logPath)
    }

    /// A process that may not run its machine yet.
    struct Launched {
        fileprivate let report: ReportReader
        fileprivate let logPath: String

        /// Returns when the machine runs, or throws why it does not.
        func wait() throws { try check(String(decoding: report.readAll(), as: UTF8.self)) }
    }
}

extension BackgroundStart.Launched {
    /// Reads the report: a status, and if that is not 0, why.
    private func check(_ report: String) throws {
        if report == BackgroundStart.isRunning { return }
        let parts = report.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let status = Int32(parts[0]) else {
            throw Failure("the machine's process ended at once; see \(logPath)")
        }
        throw Failure(String(parts[1]), status: status)
    }
}
