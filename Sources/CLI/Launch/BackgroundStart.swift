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

    func start() throws {
        let arguments = ["starling", BackgroundCommand._commandName, bundle.path]
        let report = try HostProcess.startDetached(
            arguments: arguments + (snapshot.map { ["--from", $0] } ?? []), log: bundle.logPath)
        try check(String(decoding: report.readAll(), as: UTF8.self))
    }

    /// Reads the report: a status, and if that is not 0, why.
    private func check(_ report: String) throws {
        if report == Self.isRunning { return }
        let parts = report.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let status = Int32(parts[0]) else {
            throw Failure("the machine's process ended at once; see \(bundle.logPath)")
        }
        throw Failure(String(parts[1]), status: status)
    }
}
