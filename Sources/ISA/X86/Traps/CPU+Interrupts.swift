// What happens between two instructions: interrupts, INIT and start-up, single steps.
import MachineCore

/// Events that wait until the CPU looks.
enum PendingEvent {
    static let nonmaskable: UInt8 = 1
    static let initialize: UInt8 = 2
    static let startUp: UInt8 = 4
    /// An access met one of the guest's own debug registers; the trap follows the instruction.
    static let dataBreakpoint: UInt8 = 8
}

extension CPU: InterruptedCPU {
    public func raiseNonmaskableInterrupt() { post(PendingEvent.nonmaskable) }

    public func initialize() { post(PendingEvent.initialize) }

    public func startUp(page: UInt8) {
        state.pointee.startUpPage = page
        post(PendingEvent.startUp)
    }

    private func post(_ event: UInt8) {
        state.pointee.pendingEvents |= event
        callForAttention()
    }

    public var isWaiting: Bool { state.pointee.waiting != 0 && !hasWakeUp }

    /// There is something that ends the CPU's wait.
    private var hasWakeUp: Bool {
        let events = state.pointee.pendingEvents
        switch state.pointee.waiting {
        case CPUState.halted: return hasInterrupt || events != 0
        case CPUState.waitsForStartUp: return events & ~PendingEvent.nonmaskable != 0
        default: return events & PendingEvent.initialize != 0
        }
    }

    /// An interrupt that can be taken now.
    var hasInterrupt: Bool {
        state.pointee.systemFlags & RFlags.interrupt != 0 && interruptController?.hasInterrupt == true
    }

    /// Looks at what happened between two instructions; tells whether the loop must end.
    public func attend() -> Exit? {
        context.pointee.attention = false
        if runtime.pointee.exitRequested {
            runtime.pointee.exitRequested = false
            context.pointee.attention = true
            return .attention
        }
        if state.pointee.waiting != 0 {
            guard hasWakeUp else { return .waiting }
            if state.pointee.waiting == CPUState.halted { state.pointee.waiting = 0 }
        }
        if state.pointee.pendingEvents & (PendingEvent.initialize | PendingEvent.startUp) != 0 { restart() }
        if state.pointee.waiting != 0 { return .waiting }
        if state.pointee.pendingEvents & PendingEvent.dataBreakpoint != 0 {
            state.pointee.pendingEvents &= ~PendingEvent.dataBreakpoint
            take(TrapEvent(vector: 1, kind: .exception, returnOffset: state.pointee.rip))
        }
        if state.pointee.interruptShadow == 0 { takeInterrupt() }
        return nil
    }

    /// INIT, and the start-up message that follows it (Intel SDM volume 3, 9.4). The first CPU begins at the reset
    /// vector, all others wait for the message.
    private func restart() {
        let events = state.pointee.pendingEvents
        state.pointee.pendingEvents = events & ~(PendingEvent.initialize | PendingEvent.startUp)
        if events & PendingEvent.initialize != 0 {
            resetByInit()
            state.pointee.waiting = index == 0 ? 0 : CPUState.waitsForStartUp
        }
        guard events & PendingEvent.startUp != 0, state.pointee.waiting == CPUState.waitsForStartUp else { return }
        let page = UInt64(state.pointee.startUpPage)
        setSegment(
            SegmentRegister.cs,
            Segment(base: page << 12, selector: UInt16(truncatingIfNeeded: page << 8), attributes: 0x9b))
        state.pointee.rip = 0
        state.pointee.waiting = 0
        modeWasChanged()
    }

    /// What INIT keeps: floating-point and vector state, the time stamp counter, and what only a reset changes.
    private func resetByInit() {
        let old = state.pointee
        var new = CPUState()
        new.executed = old.executed
        new.floatSignificands = old.floatSignificands
        new.floatExponents = old.floatExponents
        new.vectors = old.vectors
        new.upperVectors = old.upperVectors
        new.mxcsr = old.mxcsr
        new.floatControl = old.floatControl
        new.floatStatus = old.floatStatus
        new.floatInUse = old.floatInUse
        new.tscOffset = old.tscOffset
        new.pat = old.pat
        new.memoryTypes = old.memoryTypes
        new.pendingEvents = old.pendingEvents
        new.startUpPage = old.startUpPage
        new.cr0 = new.cr0 & ~(CR0.cacheDisable | CR0.notWriteThrough)
            | old.cr0 & (CR0.cacheDisable | CR0.notWriteThrough)
        state.pointee = new
        stateWasReplaced()
    }

    private func takeInterrupt() {
        if state.pointee.pendingEvents & PendingEvent.nonmaskable != 0 && state.pointee.blocksNonmaskable == 0 {
            state.pointee.pendingEvents &= ~PendingEvent.nonmaskable
            state.pointee.blocksNonmaskable = 1
            take(TrapEvent(vector: 2, kind: .external, returnOffset: state.pointee.rip))
        } else if hasInterrupt, let vector = interruptController?.acknowledgeInterrupt() {
            take(TrapEvent(vector: vector, kind: .external, returnOffset: state.pointee.rip))
        }
    }

    /// The next instruction is to be looked at alone: a single step, interrupts that wait until behind it, or
    /// breakpoints that it does not stop at.
    public var mustStep: Bool {
        state.pointee.interruptShadow != 0 || state.pointee.systemFlags & (RFlags.trap | RFlags.resume) != 0
    }

    /// Raises the debug exception that follows an instruction that began with TF set (Intel SDM volume 3, 17.3.1.4).
    func takeSingleStep() {
        state.pointee.debug[4] |= DR6.singleStep
        take(TrapEvent(vector: 1, kind: .exception, returnOffset: state.pointee.rip))
    }
}
