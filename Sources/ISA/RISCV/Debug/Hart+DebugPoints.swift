// Stopping for a debugger: pages with breakpoints or watchpoints are kept out of the TLB.
import MachineCore

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
