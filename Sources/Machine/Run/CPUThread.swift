// One CPU on a thread of its own.
import HostOS
import MachineCore

/// What the threads of a machine's CPUs share. Guarded by the machine's lock, but for what never changes.
final class CPUThreads: @unchecked Sendable {
    let board: any Board
    let cpus: [any VirtualCPU]
    let lock: MachineLock
    let clock: VirtualClock
    let mailbox: Mailbox
    let remote: MachineRemote
    /// The sum of the CPUs' instructions at which they stop.
    private let end: UInt64
    /// Instructions of the machine that the CPUs do not count any more.
    private let before: UInt64
    /// The machine's instructions at which something is scheduled.
    var scheduled = UInt64.max
    /// A CPU that stopped for a debugger.
    var debugStopped: (any VirtualCPU)?
    /// The threads must end.
    var isEnding = false
    let engines: EngineSet

    init(_ machine: Machine, _ lock: MachineLock, _ end: UInt64) {
        board = machine.board
        cpus = machine.board.cpus
        self.lock = lock
        clock = machine.context.clock
        mailbox = machine.mailbox
        remote = machine.remote
        engines = machine.engineSet
        scheduled = machine.schedule.next
        self.end = end
        before = cpus.reduce(machine.instructionsExecuted) { $0 &- $1.executedInstructions }
    }

    /// Instructions of all CPUs; a little behind while they run.
    var instructionsExecuted: UInt64 { cpus.reduce(before) { $0 &+ $1.executedInstructions } }

    /// How many instructions a CPU may run before it asks again; 0 when the limit is reached.
    var budget: UInt64 {
        let end = min(end, scheduled)
        if end == .max { return Machine.sliceInstructions }
        let executed = instructionsExecuted
        return executed >= end ? 0 : min(Machine.sliceInstructions, end - executed)
    }

    /// The limit of the run is reached.
    var isAtEnd: Bool { instructionsExecuted >= end }

    /// Nobody runs or will, but for something from outside. The caller holds the lock.
    var isIdleForever: Bool {
        cpus.allSatisfy { cpu in
            guard lock.isHome(cpu.index) else { return false }
            return !board.isStarted(cpu.index) || (cpu.isWaiting && cpu.nextDeadline == nil)
        }
    }
}

/// Runs one CPU: slices of execution without the machine's lock, and with it what is between them.
final class CPUThread: @unchecked Sendable {
    private let shared: CPUThreads
    private let cpu: any VirtualCPU
    private let index: Int
    private let lock: MachineLock
    private let board: any Board

    init(_ cpu: any VirtualCPU, _ shared: CPUThreads) {
        self.cpu = cpu
        index = cpu.index
        self.shared = shared
        lock = shared.lock
        board = shared.board
    }

    /// The thread's function. The CPU is home when it begins and when it ends.
    func run() {
        lock.lock()
        while waitUntilReady() {
            lock.setHome(index, false)
            lock.beginRunning(index)
            let isPolled = board.needsPolling
            let engine = shared.engines.current[index]
            lock.unlock()
            let exit = runSlices(engine, isPolled)
            lock.lock()
            lock.endRunning(index)
            if exit == .environmentCall { board.serveEnvironmentCall(of: index) }
            if isPolled { board.poll() }
            if exit == .debugStop { stopAll() }
            lock.setHome(index, true)
        }
        lock.unlock()
    }

    /// The CPU stopped for a debugger: the runner looks at it when all are home.
    private func stopAll() {
        if shared.debugStopped == nil { shared.debugStopped = cpu }
        lock.requestHalt()
        shared.mailbox.wake()
    }

    /// Runs until something needs the lock.
    private func runSlices(_ engine: any Engine, _ isPolled: Bool) -> Exit {
        while true {
            let budget = shared.budget
            if budget == 0 { return .budget }
            let exit = engine.run(cpu, budget: budget, exactly: budget < Machine.sliceInstructions)
            switch exit {
            case .environmentCall, .waiting, .debugStop: return exit
            case .budget, .attention: if isPolled || lock.isStopWanted(index) { return exit }
            }
        }
    }

    /// Waits at home until the CPU can run; false when the thread must end. The thread holds the lock.
    private func waitUntilReady() -> Bool {
        while !shared.isEnding {
            let mayRun = !lock.isHaltWanted && board.isStarted(index)
            if mayRun && shared.budget == 0 {
                shared.mailbox.wake()
                lock.sleep(index, until: nil)
            } else if mayRun && !cpu.isWaiting {
                return true
            } else {
                sleep(until: mayRun ? cpu.nextDeadline : nil)
            }
        }
        return false
    }

    /// Sleeps until virtual time reaches `deadline`, or someone wakes the CPU.
    private func sleep(until deadline: UInt64?) {
        guard let deadline else {
            // The runner may find that all sleep for ever.
            if !shared.remote.isInputPossible { shared.mailbox.wake() }
            return lock.sleep(index, until: nil)
        }
        let now = shared.clock.now
        if deadline > now { lock.sleep(index, until: HostClock.monotonicNanoseconds() + (deadline - now)) }
    }
}
