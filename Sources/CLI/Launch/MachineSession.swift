// One run of a machine in this process, from opening its disks to closing them.
import HostOS
import Machine
import MachineCore

/// A machine with its console connected to this process, and to a socket where it has a folder.
final class MachineSession {
    let machine: Machine
    /// What the run took, in seconds.
    private(set) var seconds = 0.0
    private let server: ConsoleServer?
    private var reportFile: ReportFile?
    private let interruption: Interruption
    /// The right to run the machine.
    private let lock: BundleLock?

    /// Opens the disks and powers the machine on, without executing anything.
    /// - Parameters:
    ///   - socket: where others can attach to the console.
    ///   - report: where others find what the machine tells about itself.
    ///   - outputLimit: how many bytes standard output gets at most.
    init(
        _ configuration: MachineConfiguration, socket: String?, report: String? = nil, _ interruption: Interruption,
        holding lock: BundleLock? = nil, outputLimit: Int = .max
    ) throws {
        let output = ConsoleOutput(interruption, limit: outputLimit)
        machine = try Machine(configuration, log: { Message.say($0) }, consoleOutput: { output.write($0) })
        self.interruption = interruption
        self.lock = lock
        let remote = machine.remote
        server = try socket.map {
            try ConsoleServer(socketPath: $0, input: { remote.sendInput($0) }, stop: { remote.stop() })
        }
        if let server { output.attach(server) }
        do {
            _ = try machine.run(instructionLimit: 0)
        } catch {
            server?.close()
            throw error
        }
        let reportFile = try report.map { path throws(HostError) in try ReportFile(path) }
        self.reportFile = reportFile
        if let reportFile { machine.reporter = { reportFile.write($0) } }
        interruption.attach(remote)
    }

    /// Runs until the machine ends, and closes everything.
    /// - Parameter readsInput: standard input is the console's.
    func run(instructionLimit: UInt64? = nil, readsInput: Bool) throws -> MachineOutcome {
        defer {
            Terminal.restore()
            server?.close()
            reportFile?.remove()
        }
        if readsInput { try ConsoleInput.start(for: machine.remote) }
        let start = HostClock.monotonicNanoseconds()
        let outcome = try machine.run(instructionLimit: instructionLimit)
        seconds = Double(HostClock.monotonicNanoseconds() - start) / 1e9
        try machine.close()
        return outcome
    }

    /// The exit status for `outcome`, after saying what needs to be said.
    func status(of outcome: MachineOutcome) -> Int32 {
        switch outcome {
        case .poweredOff(let status): return ExitStatus.guest(status)
        case .stopped: return interruption.signal.map(ExitStatus.ended) ?? ExitStatus.success
        case .instructionLimit, .idleForever:
            Message.say(outcome.text)
            return ExitStatus.endless
        }
    }
}
