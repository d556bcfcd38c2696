// The run loop of a machine whose CPUs run on threads of their own: what the runner does meanwhile.
import HostOS
import MachineCore

extension Machine {
    /// How long input that the console has no room for waits until it is offered again.
    private static let inputPause: UInt64 = 2_000_000

    /// As `run`. The runner holds the machine's lock but where it waits.
    /// - Throws: `BootError` also when the host refuses a thread.
    func runThreads(_ lock: MachineLock, _ end: UInt64) throws(BootError) -> MachineOutcome {
        let shared = CPUThreads(self, lock, end)
        var threads: [HostThread] = []
        defer { finish(threads, shared) }
        do throws(HostError) {
            for cpu in shared.cpus {
                let thread = CPUThread(cpu, shared)
                threads.append(try HostThread { thread.run() })
            }
        } catch {
            throw BootError("can not run the machine's CPUs: \(error)")
        }
        lock.lock()
        defer { lock.unlock() }
        return try serveThreads(shared)
    }

    private func serveThreads(_ shared: CPUThreads) throws(BootError) -> MachineOutcome {
        if !needsPowerOn && !isPaused { shared.lock.resume() }
        while true {
            if needsPowerOn {
                shared.lock.halt()
                try powerOnIfNeeded()
                if !isPaused { shared.lock.resume() }
            }
            serveOutside()
            serveStops(shared)
            if let outcome = pendingOutcome() { return outcome }
            if needsPowerOn { continue }
            if isPaused {
                waitForMail(until: nil)
                continue
            }
            if shared.isAtEnd { return .instructionLimit }
            let isIdle = shared.isIdleForever && context.timers.nextDeadline == nil
            if isIdle && !remote.isInputPossible && mailbox.isEmpty { return .idleForever }
            report(shared)
            waitForMail(until: nextWakeUp())
        }
    }

    /// Does what is asked for, and what a CPU stopped for, while all of them are home.
    private func serveStops(_ shared: CPUThreads) {
        guard remote.hasRequests || shared.debugStopped != nil || shared.budget == 0 else { return }
        shared.lock.halt()
        if !isPaused { context.clock.settle() }
        instructionsExecuted = shared.instructionsExecuted
        if let cpu = shared.debugStopped {
            shared.debugStopped = nil
            handleDebugStop(of: cpu)
        }
        serveRequests()
        shared.scheduled = schedule.next
        if !isPaused && control.pending == nil { shared.lock.resume() }
    }

    /// Reports twice a second, if someone wants that: all CPUs come home for it, because they keep count.
    private func report(_ shared: CPUThreads) {
        guard reporter != nil, HostClock.monotonicNanoseconds() >= nextReport else { return }
        nextReport = HostClock.monotonicNanoseconds() + ReportSchedule.interval
        shared.lock.halt()
        instructionsExecuted = shared.instructionsExecuted
        reportIfDue(isIdle: true)
        // A request of the guest keeps them there.
        if control.pending == nil && !isPaused { shared.lock.resume() }
    }

    /// When the runner has something to do that nobody wakes it for.
    private func nextWakeUp() -> UInt64? {
        var deadlines = [context.timers.nextDeadline].compactMap { $0 }
        let now = context.clock.now
        if remote.isInputWaiting { deadlines.append(now + Self.inputPause) }
        if reporter != nil { deadlines.append(now + ReportSchedule.interval) }
        return deadlines.min()
    }

    /// Sends all CPUs home and ends their threads.
    private func finish(_ threads: [HostThread], _ shared: CPUThreads) {
        let lock = shared.lock
        lock.lock()
        lock.halt()
        shared.isEnding = true
        lock.wakeAll()
        lock.unlock()
        for thread in threads { thread.finish() }
        context.clock.settle()
        instructionsExecuted = shared.instructionsExecuted
    }
}
