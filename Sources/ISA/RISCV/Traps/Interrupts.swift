// Which interrupts are pending, and which of them is taken.
import MachineCore

extension Hart: InterruptSink {
    /// A wire of the hart changed; `input` is the interrupt's number. Where harts have threads of their
    /// own, the caller holds the machine's lock.
    public func setInput(_ input: Int, to level: Bool) {
        let bit: UInt64 = 1 << UInt64(input & 63)
        let lines = state.pointee.interruptLines
        state.pointee.interruptLines = level ? lines | bit : lines & ~bit
        callForAttention()
        if level { environment.lock?.wake(index) }
    }

    /// Makes interrupts pending by software, as writes of mip do.
    /// - Parameter bits: bits of mip. Any thread that holds the machine's lock may call it.
    public func raiseSoftwareInterrupts(_ bits: UInt64) {
        changePending(clearing: 0, setting: bits & Interrupt.delegable)
        requestExit()
    }

    /// The hart itself and others change these bits.
    func changePending(clearing: UInt64, setting: UInt64) {
        withUnsafeMutablePointer(to: &state.pointee.interruptsPendingBySoftware) {
            SharedWord.change($0, clearing: clearing, setting: setting)
        }
    }

    /// The Sstc comparator drives STIP when machine mode enabled it.
    private var supervisorTimerIsEnabled: Bool { state.pointee.menvcfg >> 63 != 0 }

    /// The value of mip (Privileged ISA 3.1.9, and "Sstc").
    var interruptsPending: UInt64 {
        var pending = state.pointee.interruptLines | state.pointee.interruptsPendingBySoftware
        if supervisorTimerIsEnabled {
            let bit = Interrupt.supervisorTimer.bit
            pending = environment.timebase.now >= state.pointee.stimecmp ? pending | bit : pending & ~bit
        }
        return pending & Interrupt.all
    }

    /// An interrupt is pending and enabled in mie, whatever the global enables say: what ends `wfi`.
    var hasPendingInterrupt: Bool { state.pointee.mie != 0 && interruptsPending & state.pointee.mie != 0 }

    public var nextDeadline: UInt64? {
        guard supervisorTimerIsEnabled, state.pointee.stimecmp != .max else { return nil }
        if state.pointee.mie & Interrupt.supervisorTimer.bit == 0 { return nil }
        return environment.timebase.deadline(of: state.pointee.stimecmp)
    }

    /// The interrupt to take now, if any (Privileged ISA 3.1.9 and 10.1.3).
    private var interruptToTake: Interrupt? {
        if state.pointee.mie == 0 { return nil }
        let ready = interruptsPending & state.pointee.mie
        if ready == 0 { return nil }
        let privilege = state.pointee.privilege
        let delegated = state.pointee.mideleg
        let machineEnabled = privilege < 3 || state.pointee.mstatus & MachineStatus.mie != 0
        let forMachine = machineEnabled ? ready & ~delegated : 0
        let supervisorEnabled =
            privilege < 1 || (privilege == 1 && state.pointee.mstatus & MachineStatus.sie != 0)
        let chosen = forMachine != 0 ? forMachine : supervisorEnabled ? ready & delegated : 0
        return chosen == 0 ? nil : Interrupt.byPriority.first { chosen & $0.bit != 0 }
    }

    /// An interrupt can be taken now.
    var isInterruptDue: Bool { interruptToTake != nil }

    /// Takes the most urgent interrupt, if one can be taken.
    func takePendingInterrupt() {
        guard let interrupt = interruptToTake else { return }
        enterTrap(cause: UInt64(interrupt.rawValue), isInterrupt: true, value: 0)
    }
}
