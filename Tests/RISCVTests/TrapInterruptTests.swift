// Interrupts: which is taken, when, and where; waiting for one.
import MachineCore
@testable import RISCV
import Testing

@Suite struct TrapInterruptTests {
    private static let code = TestMachine.code

    /// A machine that would run `nop`s for long.
    private func machine() throws -> TestMachine {
        let machine = try TestMachine()
        machine.openProtection()
        machine.place([UInt32](repeating: Assembly.nop, count: 64))
        machine.place([Assembly.jal(0, 0)], at: TestMachine.machineHandler)
        machine.place([Assembly.jal(0, 0)], at: TestMachine.supervisorHandler)
        return machine
    }

    /// The cause of the interrupt that was taken, by the handler it is in.
    private func taken(_ machine: TestMachine) -> UInt64? {
        let outcome = machine.outcome(after: 0)
        guard case .trap(let cause, 0) = outcome, cause >> 63 == 1 else { return nil }
        return cause & ~(1 << 63)
    }

    /// All pending: they are taken in the order of the manual (3.1.9), each once the ones before it
    /// are masked.
    @Test(arguments: [false, true])
    func priorities(_ delegated: Bool) throws {
        let machine = try machine()
        for interrupt in Interrupt.allCases { machine.hart.setInput(interrupt.rawValue, to: true) }
        machine[.mideleg] = delegated ? .max : 0
        #expect(machine[.mip] == 0xaaa)
        var enabled: UInt64 = 0xaaa
        for expected: UInt64 in [11, 3, 7, 9, 1, 5] {
            machine[.mie] = enabled
            machine.enter(.user)
            machine.step()
            #expect(taken(machine) == expected)
            let toSupervisor = delegated && expected & 3 == 1
            #expect(machine.privilege == (toSupervisor ? .supervisor : .machine))
            #expect((toSupervisor ? machine[.sepc] : machine[.mepc]) == Self.code)
            enabled &= ~(1 << expected)
        }
        machine[.mie] = enabled
        machine.enter(.user)
        machine.step()
        #expect(machine.pc == Self.code + 4)
    }

    /// Machine interrupts in lower modes, and supervisor interrupts in user mode, are always enabled;
    /// in the own mode the status decides; in higher modes they wait.
    @Test(arguments: [Privilege.user, .supervisor, .machine], [true, false])
    func globalEnables(_ privilege: Privilege, _ enabled: Bool) throws {
        for interrupt in [Interrupt.machineTimer, .supervisorTimer] {
            let machine = try machine()
            machine[.mideleg] = Interrupt.delegable
            machine[.mie] = Interrupt.all
            machine.setStatus(MachineStatus.mie | MachineStatus.sie, enabled)
            machine.enter(privilege)
            machine.hart.setInput(interrupt.rawValue, to: true)
            machine.step(2)
            let own: Privilege = interrupt == .machineTimer ? .machine : .supervisor
            let isTaken = privilege.rawValue < own.rawValue || (privilege == own && enabled)
            #expect((taken(machine) == UInt64(interrupt.rawValue)) == isTaken)
        }
    }

    @Test func vectors() throws {
        let machine = try machine()
        machine[.mie] = Interrupt.all
        machine[.mideleg] = Interrupt.delegable
        machine[.mtvec] = TestMachine.machineHandler | 1
        machine[.stvec] = TestMachine.supervisorHandler | 1
        for interrupt in Interrupt.allCases {
            machine.hart.setInput(interrupt.rawValue, to: true)
            machine.enter(.user)
            // The handler's first instruction is not run yet.
            _ = machine.hart.interpret(budget: 0)
            let isSupervisor = interrupt.rawValue & 3 == 1
            let base = isSupervisor ? TestMachine.supervisorHandler : TestMachine.machineHandler
            #expect(machine.pc == base + 4 * UInt64(interrupt.rawValue))
            machine.hart.setInput(interrupt.rawValue, to: false)
        }
    }

    /// An instruction that enables a pending interrupt is the last before the handler.
    @Test func enablingActsAtOnce() throws {
        let machine = try machine()
        machine[.mie] = Interrupt.machineSoftware.bit
        machine.hart.setInput(3, to: true)
        machine.place([Assembly.csrrsi(0, CSR.mstatus.rawValue, 8), Assembly.addi(7, 0, 1)])
        machine.step(3)
        #expect(taken(machine) == 3 && machine[.mepc] == Self.code + 4 && machine[7] == 0)
        // The same with mie itself, and with mip.
        for (csr, other, bit) in [(CSR.mie, CSR.mip, 2), (.mip, .mie, 2)] as [(CSR, CSR, UInt64)] {
            let machine = try self.machine()
            machine.setStatus(MachineStatus.mie)
            machine[5] = bit
            machine[other] = bit
            machine.place([Assembly.csrrs(0, csr.rawValue, 5), Assembly.addi(7, 0, 1)])
            machine.step(3)
            #expect(taken(machine) == 1 && machine[.mepc] == Self.code + 4 && machine[7] == 0)
        }
    }

    /// A trap return that enables a pending interrupt.
    @Test func returningActsAtOnce() throws {
        let machine = try machine()
        machine[.mideleg] = Interrupt.delegable
        machine[.mie] = Interrupt.all
        machine.hart.setInput(5, to: true)
        machine.place([Assembly.mret, Assembly.nop])
        machine[.mepc] = Self.code + 16
        machine.pc = Self.code
        machine.step(3)
        #expect(taken(machine) == 5 && machine[.sepc] == Self.code + 16)
    }

    // MARK: Waiting

    @Test(arguments: [true, false])
    func waitEndsWithAnInterrupt(_ enabled: Bool) throws {
        let machine = try machine()
        machine.setStatus(MachineStatus.mie, enabled)
        machine[.mie] = Interrupt.machineTimer.bit
        machine.place([Assembly.wfi, Assembly.addi(7, 0, 1)])
        #expect(machine.hart.interpret(budget: 10) == .waiting)
        #expect(machine.hart.isWaiting && machine.pc == Self.code + 4)
        #expect(machine.hart.executedInstructions == 1)
        #expect(machine.hart.interpret(budget: 10) == .waiting)
        // Others do not count.
        machine.hart.setInput(3, to: true)
        #expect(machine.hart.isWaiting && machine.hart.interpret(budget: 10) == .waiting)
        #expect(machine[7] == 0)
        machine.hart.setInput(7, to: true)
        #expect(!machine.hart.isWaiting)
        #expect(machine.hart.interpret(budget: 2) == .budget)
        // With the global enable off the hart goes on, with it on the handler comes first.
        #expect(machine[7] == (enabled ? 0 : 1))
        #expect(taken(machine) == (enabled ? 7 : nil))
        if enabled { #expect(machine[.mepc] == Self.code + 4) }
    }

    /// Pending already: no wait.
    @Test func waitWithAPendingInterrupt() throws {
        let machine = try machine()
        machine[.mie] = Interrupt.machineTimer.bit
        machine.hart.setInput(7, to: true)
        machine.place([Assembly.wfi, Assembly.addi(7, 0, 1)])
        machine.step(2)
        #expect(machine[7] == 1)
    }

    /// A delegated interrupt ends a wait in machine mode, where it can not be taken.
    @Test func waitEndsWithADelegatedInterrupt() throws {
        let machine = try machine()
        machine[.mideleg] = Interrupt.delegable
        machine[.mie] = Interrupt.supervisorExternal.bit
        machine.place([Assembly.wfi, Assembly.addi(7, 0, 1)])
        #expect(machine.hart.interpret(budget: 10) == .waiting)
        machine.hart.setInput(9, to: true)
        machine.step()
        #expect(machine[7] == 1 && taken(machine) == nil)
    }

    // MARK: The supervisor timer (Sstc)

    @Test func supervisorTimer() throws {
        let machine = try machine()
        machine.hart.setInput(5, to: false)
        machine[.mip] = Interrupt.supervisorTimer.bit
        #expect(machine[.mip] == Interrupt.supervisorTimer.bit, "without Sstc machine mode drives it")
        machine[.menvcfg] = 1 << 63
        machine[.stimecmp] = 20
        #expect(machine[.mip] == 0, "with it the comparator does")
        #expect(machine.hart.nextDeadline == nil, "not enabled in mie")
        machine[.mie] = Interrupt.supervisorTimer.bit
        #expect(machine.hart.nextDeadline == 2_000)
        machine.clock.skip(to: 1_999)
        #expect(machine[.mip] == 0)
        machine.clock.skip(to: 2_000)
        #expect(machine[.mip] == Interrupt.supervisorTimer.bit)
        machine[.mideleg] = Interrupt.delegable
        machine.enter(.user)
        machine.step()
        #expect(taken(machine) == 5)
        machine[.stimecmp] = .max
        #expect(machine[.mip] == 0 && machine.hart.nextDeadline == nil)
        machine[.stimecmp] = 0
        machine[.mip] = 0
        #expect(machine[.mip] == Interrupt.supervisorTimer.bit, "not writable")
    }
}
