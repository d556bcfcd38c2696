// Entering and leaving trap handlers.
@testable import RISCV
import Testing

@Suite struct TrapTests {
    private static let code = TestMachine.code

    private func machine() throws -> TestMachine {
        let machine = try TestMachine()
        machine.openProtection()
        return machine
    }

    // MARK: Causes

    @Test(arguments: [(Privilege.user, 8), (.supervisor, 9), (.machine, 11)] as [(Privilege, UInt64)])
    func environmentCalls(_ privilege: Privilege, _ cause: UInt64) throws {
        let machine = try machine()
        #expect(machine.execute(Assembly.ecall, in: privilege) == .trap(cause: cause, value: 0))
        #expect(machine[.mepc] == Self.code)
    }

    @Test func breakpoints() throws {
        let machine = try machine()
        #expect(machine.execute(Assembly.ebreak, in: .user) == .trap(cause: 3, value: Self.code))
        #expect(machine.execute(0x9002, in: .supervisor) == .trap(cause: 3, value: Self.code))
    }

    /// The trap value is the instruction: all of a long one, 16 bits of a short one.
    @Test func illegalInstructions() throws {
        let machine = try machine()
        for word: UInt32 in [0xffff_ffff, 0x0000_007b, 0xdead_beff, 0x7b20_0073, 0x5556_8653] {
            #expect(machine.execute(word) == .trap(cause: 2, value: UInt64(word)))
        }
        for half: UInt32 in [0x0000, 0x6101, 0x8000, 0x9c61] {
            #expect(machine.execute(0xabcd_0000 | half) == .trap(cause: 2, value: UInt64(half)))
        }
    }

    @Test func misalignedAtomics() throws {
        let machine = try machine()
        for offset: UInt64 in 1..<8 {
            machine[6] = TestMachine.data + offset
            let load = Outcome.trap(cause: 4, value: machine[6])
            let store = Outcome.trap(cause: 6, value: machine[6])
            #expect(machine.execute(Assembly.lrD(5, 6)) == load)
            #expect(machine.execute(Assembly.scD(5, 0, 6)) == store)
            #expect(machine.execute(Assembly.amoaddD(5, 0, 6)) == store)
            if offset == 4 { continue }
            #expect(machine.execute(Assembly.lrW(5, 6)) == load)
            #expect(machine.execute(Assembly.scW(5, 0, 6)) == store)
            #expect(machine.execute(Assembly.amoaddW(5, 0, 6)) == store)
        }
    }

    // MARK: The status stack

    @Test(arguments: [Privilege.user, .supervisor, .machine], [true, false])
    func machineTrapsStack(_ privilege: Privilege, _ enabled: Bool) throws {
        let machine = try machine()
        machine.setStatus(MachineStatus.mie, enabled)
        _ = machine.execute(Assembly.ecall, in: privilege)
        #expect(machine.privilege == .machine)
        let status = machine[.mstatus]
        #expect(status & MachineStatus.mie == 0)
        #expect((status & MachineStatus.mpie != 0) == enabled)
        #expect((status & MachineStatus.mpp) >> MachineStatus.mppShift == UInt64(privilege.rawValue))
        // And back.
        machine.place([Assembly.mret], at: TestMachine.machineHandler)
        machine[.mepc] = 0x8000_3000
        machine.setStatus(MachineStatus.mprv)
        machine.step()
        #expect(machine.privilege == privilege && machine.pc == 0x8000_3000)
        let after = machine[.mstatus]
        #expect((after & MachineStatus.mie != 0) == enabled)
        #expect(after & MachineStatus.mpie != 0 && after & MachineStatus.mpp == 0)
        #expect((after & MachineStatus.mprv != 0) == (privilege == .machine))
    }

    @Test(arguments: [Privilege.user, .supervisor], [true, false])
    func supervisorTrapsStack(_ privilege: Privilege, _ enabled: Bool) throws {
        let machine = try machine()
        machine[.medeleg] = 1 << 8 | 1 << 9
        machine.setStatus(MachineStatus.sie, enabled)
        let cause: UInt64 = privilege == .user ? 8 : 9
        let machineStatus = machine[.mstatus] & (MachineStatus.mpie | MachineStatus.mpp)
        #expect(machine.execute(Assembly.ecall, in: privilege) == .trap(cause: cause, value: 0))
        #expect(machine.privilege == .supervisor && machine.pc == TestMachine.supervisorHandler)
        #expect(machine[.sepc] == Self.code && machine[.scause] == cause)
        let status = machine[.sstatus]
        #expect(status & MachineStatus.sie == 0)
        #expect((status & MachineStatus.spie != 0) == enabled)
        #expect((status & MachineStatus.spp != 0) == (privilege == .supervisor))
        #expect(machineStatus & MachineStatus.mpp == 0)
        // And back; MPRV is cleared, because the mode is not machine mode.
        machine.place([Assembly.sret], at: TestMachine.supervisorHandler)
        machine[.sepc] = 0x8000_3000
        machine.setStatus(MachineStatus.mprv)
        machine.step()
        #expect(machine.privilege == privilege && machine.pc == 0x8000_3000)
        let after = machine[.mstatus]
        #expect((after & MachineStatus.sie != 0) == enabled)
        #expect(after & MachineStatus.spie != 0 && after & (MachineStatus.spp | MachineStatus.mprv) == 0)
    }

    /// Delegated exceptions stay in machine mode when they happen there.
    @Test func machineModeDoesNotDelegate() throws {
        let machine = try machine()
        machine[.medeleg] = .max
        #expect(machine.execute(0xffff_ffff, in: .machine) == .trap(cause: 2, value: 0xffff_ffff))
        #expect(machine.pc == TestMachine.machineHandler && machine.privilege == .machine)
        #expect(machine.execute(0xffff_ffff, in: .user) == .trap(cause: 2, value: 0xffff_ffff))
        #expect(machine.pc == TestMachine.supervisorHandler && machine.privilege == .supervisor)
        #expect(machine[.stval] == 0xffff_ffff)
        #expect(machine.execute(Assembly.ecall, in: .machine) == .trap(cause: 11, value: 0))
        #expect(machine.privilege == .machine)
    }

    @Test func delegatedPageFaults() throws {
        let machine = try machine()
        machine[.medeleg] = 1 << 13
        machine[.satp] = PageTables(machine).satp()
        machine[6] = 0x1234
        machine.place([Assembly.ld(5, 0, 6)])
        // Only the code page is mapped.
        var tables = PageTables(machine)
        tables.map(Self.code, to: Self.code, "VRXA")
        machine.enter(.supervisor)
        machine.step()
        #expect(machine.outcome(after: Self.code) == .trap(cause: 13, value: 0x1234))
        #expect(machine.pc == TestMachine.supervisorHandler && machine[.sepc] == Self.code)
    }

    // MARK: Trapped and forbidden instructions

    @Test func privilegedInstructions() throws {
        let machine = try machine()
        let fence = Assembly.sfenceVMA(5, 6)
        let forbidden: [(UInt32, Privilege)] = [
            (Assembly.mret, .supervisor), (Assembly.mret, .user), (Assembly.sret, .user),
            (Assembly.wfi, .user), (fence, .user),
        ]
        for (word, privilege) in forbidden {
            #expect(machine.execute(word, in: privilege) == .trap(cause: 2, value: UInt64(word)))
        }
        #expect(machine.execute(fence, in: .supervisor) == .done)
        #expect(machine.execute(fence, in: .machine) == .done)
    }

    /// TVM, TW and TSR trap supervisor mode; machine mode is free.
    @Test func trappedVirtualMemory() throws {
        let machine = try machine()
        let fence = Assembly.sfenceVMA(0, 0)
        let read = Assembly.csrrs(5, CSR.satp.rawValue, 0)
        let write = Assembly.csrrw(0, CSR.satp.rawValue, 0)
        for word in [fence, read, write] {
            machine.setStatus(MachineStatus.tvm)
            #expect(machine.execute(word, in: .supervisor) == .trap(cause: 2, value: UInt64(word)))
            #expect(machine.execute(word, in: .machine) == .done)
            machine.setStatus(MachineStatus.tvm, false)
            #expect(machine.execute(word, in: .supervisor) == .done)
        }
    }

    @Test func trappedReturnAndWait() throws {
        let machine = try machine()
        let illegalReturn = Outcome.trap(cause: 2, value: UInt64(Assembly.sret))
        let illegalWait = Outcome.trap(cause: 2, value: UInt64(Assembly.wfi))
        machine[.sepc] = 0x8000_3000
        machine.setStatus(MachineStatus.tsr | MachineStatus.tw)
        #expect(machine.execute(Assembly.sret, in: .supervisor) == illegalReturn)
        #expect(machine.execute(Assembly.wfi, in: .supervisor) == illegalWait)
        #expect(machine.execute(Assembly.sret, in: .machine) == .done)
        #expect(machine.pc == 0x8000_3000)
        machine.setStatus(MachineStatus.tsr, false)
        #expect(machine.execute(Assembly.sret, in: .supervisor) == .done)
        #expect(machine.pc == 0x8000_3000)
    }

    // MARK: Vectors

    /// Only interrupts are vectored.
    @Test func exceptionsAreNotVectored() throws {
        let machine = try machine()
        machine[.mtvec] = TestMachine.machineHandler | 1
        _ = machine.execute(Assembly.ecall)
        #expect(machine.pc == TestMachine.machineHandler)
        machine[.medeleg] = 1 << 8
        machine[.stvec] = TestMachine.supervisorHandler | 1
        _ = machine.execute(Assembly.ecall, in: .user)
        #expect(machine.pc == TestMachine.supervisorHandler)
    }
}
