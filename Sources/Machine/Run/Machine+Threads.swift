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
                let thread = CPUThread(cpu, engines[cpu.index], shared)
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
        if !needsPowerOn { shared.lock.resume() }
        while true {
            if needsPowerOn {
                shared.lock.halt()
                drainDisks()
                try board.powerOn()
                needsPowerOn = false
                shared.lock.resume()
            }
            serveOutside()
            if let outcome = pendingOutcome() { return outcome }
            if needsPowerOn { continue }
            if shared.budget == 0 { return .instructionLimit }
            let isIdle = shared.isIdleForever && context.timers.nextDeadline == nil
            if isIdle && !remote.isInputPossible && mailbox.isEmpty { return .idleForever }
            waitForMail(until: nextWakeUp())
        }
    }

    /// When the runner has something to do that nobody wakes it for.
    private func nextWakeUp() -> UInt64? {
        let timer = context.timers.nextDeadline
        if !remote.isInputWaiting { return timer }
        return min(timer ?? .max, context.clock.now + Self.inputPause)
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
