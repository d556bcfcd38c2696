// Stopping for a debugger: pages with breakpoints or watchpoints are kept out of the TLB.
import MachineCore

/// What a debugger has set in a hart, and what came of it.
struct HartDebugging {
    var points = DebugPoints() { didSet { update() } }
    /// Told of what the hart does.
    private(set) weak var probe: (any CPUProbe)?
    private(set) var probedEvents: ProbedEvents = []
    /// There are points, or accesses are probed. Asked on slow paths only: what that concerns takes them.
    private(set) var isActive = false
    var stop: DebugStop?
    /// The breakpoint that the next instruction does not stop at.
    var passed: UInt64?

    mutating func setProbe(_ probe: (any CPUProbe)?, for events: ProbedEvents) {
        self.probe = probe
        probedEvents = probe == nil ? [] : events
        update()
    }

    private mutating func update() { isActive = !points.isEmpty || probedEvents.contains(.accesses) }

    /// Data at `address` is in a page that is watched, so that only the interpreter may access it.
    @inline(__always)
    func watches(_ address: UInt64) -> Bool { !watchedAccesses(inPage: address & ~0xfff).isEmpty }

    /// As `DebugPoints`, at no cost while there are no points: every TLB miss asks.
    @inline(__always)
    func watchedAccesses(inPage page: UInt64) -> Watchpoint.Accesses {
        guard isActive else { return [] }
        return probedEvents.contains(.accesses) ? [.read, .write] : points.watchedAccesses(inPage: page)
    }

    @inline(__always)
    func breaks(inPage page: UInt64) -> Bool { isActive && points.breaks(inPage: page) }
}

extension Hart {
    public var debugPoints: DebugPoints {
        get { debugging.points }
        set {
            debugging.points = newValue
            pointsHaveChanged()
        }
    }

    public func setProbe(_ probe: (any CPUProbe)?, for events: ProbedEvents) {
        debugging.setProbe(probe, for: events)
        pointsHaveChanged()
    }

    /// Which pages may be in the TLB has changed.
    private func pointsHaveChanged() {
        translations.flushAll()
        selectTranslationSets()
    }

    public var debugStop: DebugStop? { debugging.stop }

    public func passBreakpoint() { debugging.passed = state.pointee.pc }

    public func forgetWritablePages() { translations.forgetWrites() }

    /// Ends the run loop instead of the instruction at `pc` if that has a breakpoint. Called for every
    /// instruction of a page with breakpoints.
    @inline(never)
    func stopAtBreakpoint(_ pc: UInt64) throws(TrapTaken) {
        guard debugging.points.breakpoints.contains(pc) else { return }
        if debugging.passed == pc {
            debugging.passed = nil
            return
        }
        debugging.stop = .breakpoint(pc)
        runtime.pointee.pendingExit = .debugStop
        throw TrapTaken()
    }

    /// Ends the run loop after the instruction that has accessed `address` if that is watched.
    @inline(never)
    func noteAccess(_ address: UInt64, _ width: AccessWidth, _ accesses: Watchpoint.Accesses) {
        if debugging.probedEvents.contains(.accesses) {
            debugging.probe?.cpu(self, didAccess: address, byteCount: width.byteCount, accesses)
        }
        for access in [Watchpoint.Accesses.write, .read] where accesses.contains(access) {
            guard let point = debugging.points.watchpoint(at: address, count: width.byteCount, access) else { continue }
            debugging.stop = .watchpoint(point, address: address)
            runtime.pointee.pendingExit = .debugStop
            callForAttention()
            return
        }
    }
}
