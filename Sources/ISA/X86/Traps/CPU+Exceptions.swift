// What becomes of exceptions.
import MachineCore

extension CPU {
    /// The CPU has shut down, as it does when not even the handler for double faults can be entered (Intel SDM volume
    /// 3, 6.15, "Interrupt 8"): only a reset helps.
    public var isShutDown: Bool { state.pointee.waiting == CPUState.shutDown }

    /// The exception that was noted last: its vector.
    var notedVector: UInt8 { UInt8(truncatingIfNeeded: runtime.pointee.faultCause) }

    /// Enters the handler of the exception that was noted. There are no interrupt gates yet in this CPU, so that no
    /// handler can be entered.
    func takeNotedException() { state.pointee.waiting = CPUState.shutDown }
}
