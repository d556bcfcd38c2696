// From an exception to the entry of its handler, and what becomes of faults on the way.
import MachineCore

extension CPU {
    /// The CPU has shut down, as it does when not even the handler for double faults can be entered (Intel SDM volume
    /// 3, 6.15, "Interrupt 8"): only a reset helps.
    public var isShutDown: Bool { state.pointee.waiting == CPUState.shutDown }

    /// The exception that was noted last: its vector.
    var notedVector: UInt8 { UInt8(truncatingIfNeeded: runtime.pointee.faultCause) }

    /// The exception that was noted, for the instruction at `state.rip`.
    private var notedEvent: TrapEvent {
        let cause = runtime.pointee.faultCause
        let value = runtime.pointee.faultValue
        let rip = state.pointee.rip
        if cause & (Fault.software | Fault.privilegedSoftware) != 0 {
            return TrapEvent(
                vector: notedVector, kind: cause & Fault.software != 0 ? .software : .privilegedSoftware,
                returnOffset: rip &+ value & runtime.pointee.codeMask)
        }
        var vector = notedVector
        if cause & Fault.isAddress != 0 && currentInstructionUsesStack() {
            vector = UInt8(truncatingIfNeeded: Fault.stack)
        }
        return TrapEvent(
            vector: vector, kind: .exception, errorCode: cause & Fault.hasErrorCode != 0 ? value : nil,
            returnOffset: rip, resumes: true)
    }

    /// Enters the handler of the exception that was noted.
    func takeNotedException() { take(notedEvent) }

    /// Enters the handler of `event`. What goes wrong there is an exception of its own, or a double fault; a double
    /// fault that goes wrong shuts the CPU down (Intel SDM volume 3, tables 6-4 and 6-5).
    func take(_ first: TrapEvent) {
        var event = first
        while true {
            if event.vector == 14 && event.kind == .exception { state.pointee.cr2 = runtime.pointee.faultAddress }
            do throws(FaultTaken) {
                try deliver(event)
                runtime.pointee.exceptionCount &+= 1
                tellOfTrap(event)
                return
            } catch {
                guard event.vector != 8 || event.kind != .exception else { return shutDown() }
                event = following(event)
            }
        }
    }

    /// The event to deliver after the exception that was noted while `event` was being delivered.
    private func following(_ event: TrapEvent) -> TrapEvent {
        let second = notedVector
        let isDouble = event.kind == .exception
            && (Self.isContributory(event.vector) && Self.isContributory(second)
                || event.vector == 14 && (second == 14 || Self.isContributory(second)))
        if isDouble {
            return TrapEvent(vector: 8, kind: .exception, errorCode: 0, returnOffset: state.pointee.rip, resumes: true)
        }
        let isPage = second == 14
        let code = runtime.pointee.faultValue | (isPage ? 0 : event.externalBit)
        return TrapEvent(
            vector: second, kind: .exception,
            errorCode: runtime.pointee.faultCause & Fault.hasErrorCode != 0 ? code : nil,
            returnOffset: state.pointee.rip, resumes: true)
    }

    private static func isContributory(_ vector: UInt8) -> Bool { vector == 0 || (10...13).contains(vector) }

    private func shutDown() {
        state.pointee.waiting = CPUState.shutDown
        onShutdown?()
        callForAttention()
    }

    /// The instruction at `state.rip` reaches memory through the stack segment: decoded again, since only a fault
    /// wants to know.
    private func currentInstructionUsesStack() -> Bool {
        guard let instruction = try? slowFetch(state.pointee.rip) else { return false }
        switch instruction.operation {
        case .push, .pop, .call, .ret, .callf, .retf, .enter, .leave, .pushf, .popf, .iret, .pusha, .popa:
            return !instruction.hasMemoryOperand || instruction.segment == UInt8(SegmentRegister.ss)
        default: return instruction.hasMemoryOperand && instruction.segment == UInt8(SegmentRegister.ss)
        }
    }
}
