// A machine: a board, an engine and the loop that runs one on the other.
import Devices
import HostOS
import MachineCore
import StateCodec
import Storage

/// A machine that runs on the thread that calls `run`, and perhaps on threads of its CPUs, which live no
/// longer than that call. Everything about it but `remote` belongs to the caller's thread.
public final class Machine {
    /// For other threads: input and stop requests.
    public let remote: MachineRemote

    private(set) var board: any Board
    private(set) var context: DeviceContext
    let configuration: MachineConfiguration
    var boardModel: BoardModel { configuration.board }
    var entropy: any StatefulEntropy
    let engineSet: EngineSet
    /// Guards the machine when its CPUs run on threads of their own; otherwise nil.
    let lock: MachineLock?
    let mailbox: Mailbox
    let control = GuestRequests()
    /// The CPU that is being run, to be stopped when a deadline moves or the guest asks for something.
    var runningCPU: Int?
    /// When the next report is due at the earliest, in host nanoseconds; kept where CPUs have threads.
    var nextReport: UInt64 = 0
    /// Instructions of all CPUs.
    public internal(set) var instructionsExecuted: UInt64 = 0
    /// Takes a report twice a second while the machine runs; called on the machine's thread.
    public var reporter: ((MachineReport) -> Void)?
    var reports = ReportSchedule()
    private(set) var disks: MachineDisks
    let console: CharacterPort

    /// Opens the disks (locking them) and builds the board. Nothing is loaded before `run`.
    /// - Parameters:
    ///   - log: takes lines for people.
    ///   - consoleOutput: takes what the guest's console prints.
    /// - Throws: `MachineError`, `DiskError` or `HostError`, each one line with cause and next step.
    public convenience init(
        _ configuration: MachineConfiguration, log: @escaping @Sendable (String) -> Void,
        consoleOutput: @escaping @Sendable ([UInt8]) -> Void
    ) throws {
        try self.init(configuration, restoring: nil, log: log, consoleOutput: consoleOutput)
    }

    /// As above, with a saved state of all parts; RAM is then the caller's to fill before `run`.
    init(
        _ configuration: MachineConfiguration, restoring saved: MachineState?,
        log: @escaping @Sendable (String) -> Void, consoleOutput: @escaping @Sendable ([UInt8]) -> Void
    ) throws {
        try configuration.check()
        let mailbox = Mailbox()
        self.mailbox = mailbox
        let lock = Self.makeLock(configuration)
        self.lock = lock
        engineSet = try EngineSet(
            configuration.engine, count: lock == nil ? 1 : configuration.cpuCount)
        let memory = try GuestMemory(
            base: configuration.board.ramBase,
            byteCount: configuration.memoryByteCount + configuration.videoMemoryByteCount)
        context = Self.makeContext(configuration, memory, saved, MachineLog(sink: log))
        disks = try MachineDisks(configuration.disks, context, mailbox)
        console = CharacterPort(output: consoleOutput)
        remote = MachineRemote(mailbox)
        entropy = Self.makeEntropy(configuration.clock)
        if let saved { entropy.state = saved.entropy }
        self.configuration = configuration
        board = try Self.makeBoard(configuration, context, disks, console, entropy, control, lock, saved)
        needsPowerOn = saved == nil
        instructionsExecuted = saved?.instructionsExecuted ?? 0
        if let saved { console.waiting = saved.consoleInput }
        connectBoard()
    }

    private static func makeBoard(
        _ configuration: MachineConfiguration, _ context: DeviceContext, _ disks: MachineDisks,
        _ console: CharacterPort, _ entropy: any StatefulEntropy, _ control: GuestRequests, _ lock: MachineLock?,
        _ saved: MachineState?
    ) throws -> any Board {
        var resources = BoardResources(
            context: context, cpuCount: configuration.cpuCount, disks: disks.boardDisks, console: console,
            virtioConsole: CharacterPort(), entropy: entropy, control: control,
            program: configuration.program, lock: lock)
        resources.videoMemoryByteCount = configuration.videoMemoryByteCount
        return try configuration.board.make(resources, configuration, restoring: saved?.tree)
    }

    private func connectBoard() {
        if let lock {
            connectThreads(lock)
        } else {
            control.changed = { [unowned self] in interruptRunningCPU() }
            context.timers.deadlineMoved = { [unowned self] in interruptRunningCPU() }
        }
    }

    /// Puts another board with the state `saved` in the place of this one. No disk request may be in flight, and
    /// no CPU may run.
    /// - Parameter fillMemory: puts RAM and disks into the state; called when nothing else can fail any more.
    /// - Throws: when the state is damaged; the machine is as it was then.
    func replaceBoard(with saved: MachineState, fillMemory: () throws -> Void) throws {
        let context = Self.makeContext(configuration, context.memory, saved, context.log)
        let disks = try self.disks.reattached(to: context, mailbox)
        let board: any Board
        let typed = console.waiting
        // The new devices must not take what was typed for the old ones.
        console.waiting = []
        do {
            board = try Self.makeBoard(configuration, context, disks, console, entropy, control, lock, saved)
            try fillMemory()
        } catch {
            disks.abandon()
            console.waiting = typed
            throw error
        }
        self.disks.abandon()
        (self.context, self.disks, self.board) = (context, disks, board)
        entropy.state = saved.entropy
        console.waiting = saved.consoleInput
        instructionsExecuted = saved.instructionsExecuted
        needsPowerOn = false
        runningCPU = nil
        connectBoard()
        if !isPaused { context.clock.resumeAfterPause() }
        for cpu in board.cpus { cpu.debugPoints = debugPoints }
        trace?.attach(to: board)
    }

    /// Several CPUs run at once where time does not depend on who runs how far.
    private static func makeLock(_ configuration: MachineConfiguration) -> MachineLock? {
        let isThreaded = configuration.cpuCount > 1 && configuration.clock == .freeRunning
            && configuration.board.hasThreadedCPUs
        return isThreaded ? MachineLock(cpuCount: configuration.cpuCount) : nil
    }

    private func connectThreads(_ lock: MachineLock) {
        context.memory.codeLines.isShared = true
        engineSet.share(lock, with: board.cpus)
        control.changed = { [unowned self] in
            lock.requestHalt()
            for cpu in board.cpus.indices { board.requestExit(of: cpu) }
            mailbox.wake()
        }
        context.timers.deadlineMoved = { [unowned self] in mailbox.wake() }
    }

    /// The next `run` begins with a power-on: at first, and after a reset.
    var needsPowerOn: Bool
    /// The CPUs stand still, and so does time, until someone resumes or stops the machine.
    public internal(set) var isPaused = false
    /// What the machine does is written down.
    var trace: Trace?
    /// The recorded past, while the machine is recorded.
    var timeline: Timeline?
    /// The recording made the machine's time independent of the host's.
    var usesHostTimeAgain = false
    /// Told of stops at a debugger's points while the past runs again.
    var replayStopped: ((_ cpu: Int, _ stop: DebugStop) -> Void)?
    /// The debugger that is attached.
    var debugger: MachineDebugger?
    /// What is to be done when a number of instructions is reached.
    var schedule = Schedule()
    /// Where all CPUs stop for a debugger.
    var debugPoints = DebugPoints() {
        didSet { for cpu in board.cpus { cpu.debugPoints = debugPoints } }
    }
    /// What is to be done once when a CPU comes to an address.
    var arrivals: [UInt64: (Machine) -> Void] = [:]
    /// Told of every stop at a debugger's points; the machine is paused then. On the machine's thread.
    public var debugStopped: ((_ cpu: Int, _ stop: DebugStop) -> Void)?

    private static func makeContext(
        _ configuration: MachineConfiguration, _ memory: GuestMemory, _ saved: MachineState?, _ log: MachineLog
    ) -> DeviceContext {
        let isFree = configuration.clock == .freeRunning
        // A deterministic machine's calendar starts at a fixed moment: 2026-01-01 UTC.
        let epoch: UInt64 = isFree ? HostClock.wallNanoseconds() : 1_767_225_600_000_000_000
        let clockState = saved?.clock ?? VirtualClock.State(mode: configuration.clock, epochOffset: epoch)
        return DeviceContext(
            memory: memory,
            clock: VirtualClock(state: clockState, isPaused: true, hostNanoseconds: HostClock.monotonicNanoseconds),
            timers: TimerQueue(), log: log)
    }

    /// - Parameter seed: of a deterministic machine's randomness.
    static func makeEntropy(_ clock: ClockMode, seed: UInt64 = 1) -> any StatefulEntropy {
        clock == .freeRunning ? HostEntropy() : SeededEntropy(seed: seed)
    }

    private func interruptRunningCPU() {
        if let cpu = runningCPU { board.requestExit(of: cpu) }
    }

    /// What a bare program left between its signature symbols.
    public func signature() throws(BootError) -> [UInt8] { try board.signature() }

    /// Completes what the disks have in flight, and closes them.
    /// - Throws: `HostError` when data could not be made durable.
    public func close() throws(HostError) {
        remote.machineHasEnded()
        endTrace()
        defer { mailbox.drain() }
        try disks.close()
    }
}

/// Requests of the guest, kept until the runner looks.
final class GuestRequests: MachineControl {
    private(set) var pending: MachineEvent?
    var changed: (() -> Void)?

    func request(_ event: MachineEvent) {
        // The first request counts: what a guest writes while it is being switched off does not.
        if pending == nil { pending = event }
        changed?()
    }

    /// Takes the pending request.
    func take() -> MachineEvent? {
        defer { pending = nil }
        return pending
    }
}
