// One run of a machine in this process, from opening its disks to closing them.
import ControlAPI
import HostOS
import Machine
import MachineCore

/// A machine with its console connected to this process, and to a socket where it has a folder.
final class MachineSession {
    let machine: Machine
    /// What the run took, in seconds.
    private(set) var seconds = 0.0
    private let server: ConsoleServer?
    private let control: ControlServer?
    private var reportFile: ReportFile?
    private let interruption: Interruption
    /// The right to run the machine.
    private let lock: BundleLock?

    /// Opens the disks and powers the machine on, without executing anything.
    /// - Parameters:
    ///   - bundle: the machine's folder, where others can reach it.
    ///   - snapshot: the moment to begin at instead of a power-on.
    ///   - outputLimit: how many bytes standard output gets at most.
    init(
        _ configuration: MachineConfiguration, bundle: MachineBundle?, _ interruption: Interruption,
        holding lock: BundleLock? = nil, from snapshot: String? = nil, outputLimit: Int = .max
    ) throws {
        let output = ConsoleOutput(interruption, limit: outputLimit)
        machine = try Machine(configuration, log: { Message.say($0) }, consoleOutput: { output.write($0) })
        self.interruption = interruption
        self.lock = lock
        let remote = machine.remote
        server = try bundle.map {
            try ConsoleServer(socketPath: $0.socketPath, input: { remote.sendInput($0) }, stop: { remote.stop() })
        }
        if let server { output.attach(server) }
        do {
            if let bundle, let snapshot { try machine.begin(from: snapshot, inBundleAt: bundle.path) }
            _ = try machine.run(instructionLimit: 0)
            control = try bundle.map { try ControlServer(socketPath: $0.controlPath, MachineControl($0, remote)) }
        } catch {
            server?.close()
            throw error
        }
        let reportFile = try bundle.map { bundle throws(HostError) in try ReportFile(bundle.reportPath) }
        self.reportFile = reportFile
        if let reportFile { machine.reporter = { reportFile.write($0) } }
        interruption.attach(remote)
    }

    /// Runs until the machine ends, and closes everything.
    /// - Parameter readsInput: standard input is the console's.
    func run(instructionLimit: UInt64? = nil, readsInput: Bool) throws -> MachineOutcome {
        defer {
            Terminal.restore()
            control?.close()
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
