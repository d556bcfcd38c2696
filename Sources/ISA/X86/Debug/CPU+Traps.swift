// Exceptions and interrupts as people read of them.
import MachineCore

extension CPU {
    /// Tells the probe that a handler was entered.
    func tellOfTrap(_ event: TrapEvent) {
        guard debugging.probedEvents.contains(.traps) else { return }
        let isInterrupt = event.kind == .external
        let name = isInterrupt && event.vector != 2 ? "interrupt" : Self.exceptionNames[event.vector]
        let value = event.vector == 14 && !isInterrupt ? state.pointee.cr2 : event.errorCode ?? 0
        debugging.probe?.cpu(
            self,
            didTake: TakenTrap(
                name: name ?? "software interrupt", cause: UInt64(event.vector), isInterrupt: isInterrupt,
                value: value, interrupted: event.returnOffset, handler: state.pointee.rip))
    }

    /// Intel SDM volume 3, table 6-1.
    private static let exceptionNames: [UInt8: String] = [
        0: "divide error", 1: "debug exception", 2: "non-maskable interrupt", 3: "breakpoint", 4: "overflow",
        5: "bound range exceeded", 6: "invalid opcode", 7: "device not available", 8: "double fault",
        10: "invalid TSS", 11: "segment not present", 12: "stack fault", 13: "general protection",
        14: "page fault", 16: "x87 floating-point error", 17: "alignment check", 18: "machine check",
        19: "SIMD floating-point exception",
    ]
}
