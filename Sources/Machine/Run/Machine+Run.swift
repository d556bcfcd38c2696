// The run loop: slices of execution, and what happens between them.
import HostOS
import MachineCore
import StateCodec

extension Machine {
    /// How long a CPU runs before others, input and completions get their turn.
    static let sliceInstructions: UInt64 = 20_000

    /// Runs until the guest powers off, someone stops the machine, or `instructionLimit` more
    /// instructions were executed. A reset of the guest starts it again.
    /// - Throws: `BootError` when what the machine boots can not be loaded.
    public func run(instructionLimit: UInt64? = nil) throws(BootError) -> MachineOutcome {
        let end = instructionLimit.map { instructionsExecuted.addingReportingOverflow($0).partialValue } ?? .max
        if !isPaused { context.clock.resumeAfterPause() }
        defer { context.clock.pause() }
        if let lock { return try runThreads(lock, end) }
        while true {
            if let outcome = try turn(end) { return outcome }
        }
    }

    /// One round of everything: what came from outside, what is due, and a slice of each CPU.
    /// - Parameters:
    ///   - end: the machine's instructions at which to stop.
    ///   - isReplaying: a recorded past runs again, and nobody outside can reach the machine.
    /// - Returns: nil when the machine goes on.
    func turn(_ end: UInt64, isReplaying: Bool = false) throws(BootError) -> MachineOutcome? {
        try powerOnIfNeeded()
        serveOutside()
        if !isReplaying { serveRequests() }
        if let outcome = pendingOutcome(isReplaying) { return outcome }
        if isPaused {
            waitForMail(until: nil)
            return nil
        }
        if instructionsExecuted >= end { return .instructionLimit }
        keepMoment()
        let didRun = runRound(end)
        reportIfDue(isIdle: !didRun)
        board.poll()
        return !didRun && control.pending == nil ? idle(isReplaying) : nil
    }

    /// Puts the machine into its power-on state, at first and after a reset.
    func powerOnIfNeeded() throws(BootError) {
        guard needsPowerOn else { return }
        drainDisks()
        try board.powerOn()
        needsPowerOn = false
    }

    /// Lets a recording keep this moment, if it is time for that.
    private func keepMoment() {
        guard let timeline else { return }
        do {
            try timeline.advance(self)
        } catch {
            context.log.note("recording", "\(error); the recording ends")
            timeline.finish(self)
            self.timeline = nil
        }
    }

    /// Waits for the host to complete every disk request: those of the time before a reset would write
    /// into the memory of the system that starts after it.
    func drainDisks() {
        while disks.requestsInFlight > 0 {
            if case .deterministic = context.clock.mode, let deadline = context.timers.nextDeadline {
                context.clock.skip(to: deadline)
            } else {
                waitForMail(until: nil)
            }
            serveOutside()
        }
    }

    /// Does what other threads handed over, and fires timers.
    func serveOutside() {
        if !mailbox.isEmpty { mailbox.drain() }
        deliverInput()
        context.timers.fire(until: context.clock.now)
    }

    func pendingOutcome(_ isReplaying: Bool = false) -> MachineOutcome? {
        if !isReplaying, remote.takeStopRequest() { return .stopped }
        switch control.take() {
        case .powerOff(let status): return .poweredOff(status: status)
        case .reset:
            needsPowerOn = true
            return nil
        case nil: return nil
        }
    }

    /// Gives every CPU that can run one slice; false when none can.
    private func runRound(_ end: UInt64) -> Bool {
        var didRun = false
        for cpu in board.cpus.indices where board.isStarted(cpu) && !board.cpus[cpu].isWaiting {
            let budget = min(budget(), min(end, nextStop) &- instructionsExecuted)
            if budget == 0 || control.pending != nil || isPaused { return true }
            didRun = true
            runSlice(cpu, budget)
        }
        return didRun
    }

    /// Instructions at which something happens that no instruction causes.
    private var nextStop: UInt64 {
        guard let input = timeline?.input.next, input.instructions > instructionsExecuted else { return schedule.next }
        return min(schedule.next, input.instructions)
    }

    private func runSlice(_ cpu: Int, _ budget: UInt64) {
        let processor = board.cpus[cpu]
        let before = processor.executedInstructions
        runningCPU = cpu
        // A shorter slice ends where something is to happen.
        let isExact = budget < Self.sliceInstructions || context.clock.mode != .freeRunning
        let exit = engineSet.current[0].run(processor, budget: budget, exactly: isExact)
        runningCPU = nil
        finishSlice(of: processor, before, exit)
        if exit == .debugStop { handleDebugStop(of: processor) }
    }

    /// Serves what the CPU stopped for, and counts what it has executed beyond `before`. Time goes on with the
    /// instructions of whichever CPU ran: CPUs take turns, so it never goes back.
    func finishSlice(of cpu: any VirtualCPU, _ before: UInt64, _ exit: Exit) {
        if exit == .environmentCall { board.serveEnvironmentCall(of: cpu.index) }
        let executed = cpu.executedInstructions &- before
        instructionsExecuted &+= executed
        context.clock.instructionsSinceSettled = executed
        context.clock.settle()
    }

    /// The next slice's length: to the next deadline where time is counted in instructions.
    private func budget() -> UInt64 {
        guard case .deterministic(let nanoseconds) = context.clock.mode, let deadline = nextDeadline() else {
            return Self.sliceInstructions
        }
        let now = context.clock.now
        if deadline <= now {
            // A CPU whose own deadline has passed takes its interrupt; a device's timer fires first.
            let timer = context.timers.nextDeadline ?? .max
            return timer <= now ? 0 : Self.sliceInstructions
        }
        return min(Self.sliceInstructions, (deadline - now + nanoseconds - 1) / nanoseconds)
    }

    /// The earliest deadline after which something happens that no instruction causes.
    func nextDeadline() -> UInt64? {
        var earliest = context.timers.nextDeadline
        let now = context.clock.now
        for cpu in board.cpus.indices where board.isStarted(cpu) {
            // A passed deadline of a CPU is an interrupt that it has or masks: nothing to wait for.
            guard let deadline = board.cpus[cpu].nextDeadline, deadline > now else { continue }
            earliest = min(earliest ?? .max, deadline)
        }
        return earliest
    }

    /// Waits for the next deadline or for something from outside. In deterministic mode time skips to
    /// the deadline instead.
    ///
    /// A recorded machine waits for as long as the guest thinks, so that somebody can type meanwhile.
    private func idle(_ isReplaying: Bool) -> MachineOutcome? {
        var deadline = nextDeadline()
        if let event = timeline?.input.next { deadline = min(deadline ?? .max, event.nanoseconds) }
        if case .deterministic = context.clock.mode, let deadline {
            if timeline == nil || isReplaying { context.clock.skip(to: deadline) } else { wait(until: deadline) }
            return nil
        }
        guard let deadline else {
            if !remote.isInputPossible && mailbox.isEmpty { return .idleForever }
            waitForMail(until: nil)
            return nil
        }
        waitForMail(until: deadline)
        return nil
    }

    /// Sleeps until something is handed over or as long as virtual time lacks to `deadline`, and then moves it on
    /// as far as that took.
    private func wait(until deadline: UInt64) {
        let now = context.clock.now
        guard deadline > now else { return }
        let start = HostClock.monotonicNanoseconds()
        mailbox.wait(until: start + (deadline - now))
        context.clock.skip(to: min(deadline, now + (HostClock.monotonicNanoseconds() - start)))
    }

    /// Sleeps until something is handed over, or virtual time reaches `deadline`, with the machine's lock
    /// given back.
    func waitForMail(until deadline: UInt64?) {
        lock?.unlock()
        defer { lock?.lock() }
        guard let deadline else { return mailbox.wait(until: nil) }
        let now = context.clock.now
        if deadline > now { mailbox.wait(until: HostClock.monotonicNanoseconds() + (deadline - now)) }
    }
}
