// What can be asked of a machine while it runs: pauses, other engines, things to do later.
import HostOS
import MachineCore

extension Machine {
    /// The engine that runs the machine.
    public var engineName: String { engineSet.name }

    /// Stops the CPUs and the machine's time, until `resume`. A paused machine answers requests.
    public func pause() {
        if isPaused { return }
        isPaused = true
        context.clock.pause()
    }

    /// Goes on after a pause.
    public func resume() {
        guard isPaused else { return }
        isPaused = false
        context.clock.resumeAfterPause()
    }

    /// Powers the machine off and on again, as its reset button does.
    public func reset() { control.request(.reset) }

    /// Has another engine run the machine from its next instruction on. The guest can not see it.
    /// - Throws: `MachineError` when there is no such engine.
    public func switchEngine(to name: String) throws(MachineError) { try engineSet.change(to: name) }

    /// As above, after `count` more instructions; see `schedule`.
    public func switchEngine(to name: String, after count: UInt64) throws(MachineError) {
        try EngineCatalog.check(name)
        let (sum, overflows) = instructionsExecuted.addingReportingOverflow(count)
        schedule(at: overflows ? .max : sum) { try? $0.switchEngine(to: name) }
    }

    /// As above, when a CPU comes to the instruction at virtual address `address`.
    public func switchEngine(to name: String, atInstruction address: UInt64) throws(MachineError) {
        try EngineCatalog.check(name)
        debugPoints.breakpoints.insert(address)
        arrivals[address] = { try? $0.switchEngine(to: name) }
    }

    /// Has `action` done on the machine's thread as soon as `count` instructions are executed since
    /// power-on. With one CPU, or in deterministic mode, exactly then; otherwise a little later.
    public func schedule(at count: UInt64, _ action: @escaping (Machine) -> Void) {
        schedule.add(count, action)
    }

    /// Does what was asked for and what is due.
    func serveRequests() {
        while let action = schedule.takeDue(instructionsExecuted) { action(self) }
        guard remote.hasRequests else { return }
        for request in remote.takeRequests() { request(self) }
    }

    /// A CPU stopped at a debugger's point.
    func handleDebugStop(of cpu: any VirtualCPU) {
        guard let stop = cpu.debugStop else { return }
        if case .breakpoint(let address) = stop, let action = arrivals.removeValue(forKey: address) {
            debugPoints.breakpoints.remove(address)
            return action(self)
        }
        if let replayStopped { return replayStopped(cpu.index, stop) }
        guard let debugStopped else { return cpu.passBreakpoint() }
        pause()
        debugStopped(cpu.index, stop)
    }
}

/// Actions by the number of instructions at which they are due.
struct Schedule {
    private var actions: [(count: UInt64, action: (Machine) -> Void)] = []

    /// When the next one is due.
    var next: UInt64 { actions.first?.count ?? .max }

    mutating func add(_ count: UInt64, _ action: @escaping (Machine) -> Void) {
        let index = actions.firstIndex { $0.count > count } ?? actions.count
        actions.insert((count, action), at: index)
    }

    /// Takes the next action if it is due at `count`.
    mutating func takeDue(_ count: UInt64) -> ((Machine) -> Void)? {
        next <= count && !actions.isEmpty ? actions.removeFirst().action : nil
    }
}
