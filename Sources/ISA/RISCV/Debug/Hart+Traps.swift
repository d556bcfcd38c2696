// Traps as people read of them.
import MachineCore

extension Hart {
    /// Tells the probe that a trap handler was entered.
    func tellOfTrap(_ cause: UInt64, _ isInterrupt: Bool, _ value: UInt64, _ interrupted: UInt64) {
        let names = isInterrupt ? TrapNames.interrupts : TrapNames.exceptions
        let name = names[cause] ?? (isInterrupt ? "interrupt" : "exception")
        debugging.probe?.cpu(
            self,
            didTake: TakenTrap(
                name: name, cause: cause, isInterrupt: isInterrupt, value: value, interrupted: interrupted,
                handler: state.pointee.pc))
    }
}

/// The names of causes (Privileged ISA, table "Machine cause register (mcause) values after trap").
private enum TrapNames {
    static let interrupts: [UInt64: String] = [
        1: "supervisor software interrupt", 3: "machine software interrupt", 5: "supervisor timer interrupt",
        7: "machine timer interrupt", 9: "supervisor external interrupt", 11: "machine external interrupt",
    ]
    static let exceptions: [UInt64: String] = [
        0: "instruction address misaligned", 1: "instruction access fault", 2: "illegal instruction", 3: "breakpoint",
        4: "load address misaligned", 5: "load access fault", 6: "store address misaligned",
        7: "store access fault", 8: "environment call from user mode", 9: "environment call from supervisor mode",
        11: "environment call from machine mode", 12: "instruction page fault", 13: "load page fault",
        15: "store page fault",
    ]
}
