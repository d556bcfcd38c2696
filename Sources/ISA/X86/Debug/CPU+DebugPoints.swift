// Stopping for a debugger outside, and for the guest's own debug registers: pages that either watches are kept out of
// the TLB.
import MachineCore

extension CPU {
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

    public var debugStop: DebugStop? { debugging.stop }

    public func passBreakpoint() { debugging.passed = programCounter }

    public func forgetWritablePages() { translations.forgetWrites() }

    private func pointsHaveChanged() {
        notePoints()
        translations.flushAll()
        selectTranslationSets()
    }

    /// Accesses in the page that somebody wants to see.
    func watchedAccesses(inPage page: UInt64) -> Watchpoint.Accesses {
        if !hasPoints { return [] }
        return debugging.watchedAccesses(inPage: page).union(guestPoints.watchedAccesses(inPage: page))
    }

    /// An instruction in the page has a breakpoint.
    func breaks(inPage page: UInt64) -> Bool {
        hasPoints && (debugging.breaks(inPage: page) || guestPoints.breaks(inPage: page))
    }

    /// Ends the run loop instead of the instruction at linear address `address`, or raises a debug exception, if that
    /// has a breakpoint. Called for every instruction of a page with breakpoints.
    func stopAtBreakpoint(_ address: UInt64) throws(FaultTaken) {
        if debugging.isActive && debugging.points.breakpoints.contains(address) {
            if debugging.passed != address {
                debugging.stop = .breakpoint(address)
                runtime.pointee.pendingExit = .debugStop
                throw FaultTaken()
            }
            debugging.passed = nil
        }
        guard guestPoints.breakpoints.contains(address), state.pointee.systemFlags & RFlags.resume == 0 else { return }
        for number in 0..<4 where guestPoint(number)?.kind == .execution && state.pointee.debug[number] == address {
            state.pointee.debug[4] |= 1 << UInt64(number)
        }
        throw fault(Fault.debug)
    }

    /// Tells of an access, and stops after the instruction if it is watched.
    func noteAccess(_ address: UInt64, _ width: AccessWidth, _ access: Watchpoint.Accesses) {
        guard hasPoints else { return }
        if debugging.probedEvents.contains(.accesses) {
            debugging.probe?.cpu(self, didAccess: address, byteCount: width.byteCount, access)
        }
        if let point = debugging.points.watchpoint(at: address, count: width.byteCount, access) {
            debugging.stop = .watchpoint(point, address: address)
            runtime.pointee.pendingExit = .debugStop
            callForAttention()
        }
        if !guestPoints.isEmpty { noteGuestAccess(address, width, access) }
    }

    // MARK: The guest's debug registers (Intel SDM volume 3, 17.2)

    private enum GuestPointKind {
        case execution, write, access
    }

    /// What DR7 says of point `number`; nil when it is off.
    private func guestPoint(_ number: Int) -> (kind: GuestPointKind, byteCount: UInt64)? {
        let control = state.pointee.debug[5]
        guard control >> (UInt64(number) * 2) & 3 != 0 else { return nil }
        let bits = control >> (16 + UInt64(number) * 4)
        let byteCount = [1, 2, 8, 4][Int(bits >> 2 & 3)] as UInt64
        switch bits & 3 {
        case 0: return (.execution, 1)
        case 1: return (.write, byteCount)
        case 3: return (.access, byteCount)
        // Ports, which need CR4.DE: accesses to them are not watched.
        default: return nil
        }
    }

    /// The debug registers were written.
    func guestPointsHaveChanged() {
        deriveGuestPoints()
        pointsHaveChanged()
    }

    func deriveGuestPoints() {
        var points = DebugPoints()
        for number in 0..<4 {
            guard let (kind, byteCount) = guestPoint(number) else { continue }
            let address = state.pointee.debug[number]
            guard kind != .execution else {
                points.breakpoints.insert(address)
                continue
            }
            points.watchpoints.append(
                Watchpoint(
                    address: address & ~(byteCount - 1), count: byteCount,
                    accesses: kind == .write ? .write : [.read, .write]))
        }
        guestPoints = points
        notePoints()
    }

    private func notePoints() { hasPoints = debugging.isActive || !guestPoints.isEmpty }

    private func noteGuestAccess(_ address: UInt64, _ width: AccessWidth, _ access: Watchpoint.Accesses) {
        for number in 0..<4 {
            guard let (kind, byteCount) = guestPoint(number), kind != .execution else { continue }
            let first = state.pointee.debug[number] & ~(byteCount - 1)
            let isMet = address <= first &+ (byteCount - 1) && first <= address &+ (width.byteCount - 1)
            guard isMet, kind == .access || access.contains(.write) else { continue }
            state.pointee.debug[4] |= 1 << UInt64(number)
            state.pointee.pendingEvents |= PendingEvent.dataBreakpoint
            callForAttention()
        }
    }
}
