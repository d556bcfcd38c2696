// What no guest may do: crash the machine, hang it, or leave its memory.
import MachineCore
@testable import RISCV
import Testing

@Suite struct TrapRobustnessTests {
    private static let code = TestMachine.code

    private static let absurd: [UInt64] = [
        0, 1, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0xffff_ffff_ffff_ffff, 0xffff_ffff_ffff_fffe,
        0xffff_ffff_ffff_fff8, 0xffff_ffff_ffff_f000, 0xffff_ffff_ffff_effd, 0x00ff_ffff_ffff_ffff,
        0x0100_0000_0000_0000, 0x7fff_ffff, 0x8100_0000 - 1, 0x8100_0000, 0xdead_beef_dead_beef,
    ]

    /// Loads, stores and atomics of all widths, everywhere, in all modes. Outside RAM a misaligned access
    /// may be called just that.
    @Test(arguments: absurd)
    func dataAnywhere(_ address: UInt64) throws {
        let machine = try TestMachine()
        machine.openProtection()
        for satp: UInt64 in [0, PageTables(machine).satp(), 0x8000_0fff_ffff_ffff] {
            machine[.satp] = satp
            for privilege in [Privilege.machine, .supervisor, .user] {
                for width in [AccessWidth.byte, .half, .word, .double] {
                    expectTrap(machine.load(address, width, as: privilege), [4, 5, 13])
                    expectTrap(machine.store(0, address, width, as: privilege), [6, 7, 15])
                }
                machine[6] = address
                expectTrap(machine.data(Assembly.lrD(5, 6), privilege), [4, 5, 13])
                expectTrap(machine.data(Assembly.amoaddW(5, 5, 6), privilege), [6, 7, 15])
                machine[.menvcfg] = 1 << 7
                expectTrap(machine.data(Assembly.cboZero(6), privilege), [7, 15])
            }
        }
    }

    private func expectTrap(_ outcome: Outcome, _ causes: [UInt64]) {
        if case .trap(let cause, _) = outcome {
            #expect(causes.contains(cause))
        } else if case .value(let value) = outcome {
            // The last bytes of RAM can be reached with narrow accesses.
            #expect(value == 0)
        }
    }

    /// Jumps to where nothing is: a fault there, with the even target as address.
    @Test(arguments: absurd)
    func jumpsAnywhere(_ address: UInt64) throws {
        let machine = try TestMachine()
        machine.openProtection()
        for satp: UInt64 in [0, PageTables(machine).satp()] {
            for privilege in [Privilege.machine, .supervisor, .user] {
                machine[.satp] = 0
                machine[6] = address
                machine.place([Assembly.jalr(0, 0, 6)])
                machine.enter(privilege)
                machine.step()
                machine[.satp] = satp
                machine.step()
                let target = address & ~1
                if machine.memory.range.contains(target) { continue }
                let isPaged = satp != 0 && privilege != .machine
                let outcome = machine.outcome(after: target)
                #expect(outcome == .trap(cause: isPaged ? 12 : 1, value: target))
                #expect(machine[.mepc] == target)
            }
        }
    }

    /// An instruction that begins in the last two bytes of the address space.
    @Test func runningOffTheEnd() throws {
        let machine = try TestMachine()
        machine.openProtection()
        var tables = PageTables(machine)
        tables.map(0xffff_ffff_ffff_f000, to: TestMachine.data, "VXA")
        machine[.satp] = tables.satp()
        machine.place([Assembly.nop], at: TestMachine.data + 0xffe)
        #expect(machine.fetch(0xffff_ffff_ffff_fffe, as: .supervisor) == .trap(cause: 12, value: 0))
        _ = machine.memory.store(Assembly.compressedNop, at: TestMachine.data + 0xffe)
        machine.enter(.supervisor, at: 0xffff_ffff_ffff_fffe)
        machine.step(2)
        #expect(machine.outcome(after: 0) == .trap(cause: 12, value: 0))
        #expect(machine[.mepc] == 0)
        // And off the end of RAM.
        #expect(machine.fetch(0x80ff_fffe, as: .machine) == .trap(cause: 2, value: 0))
        _ = machine.memory.store(UInt16(3), at: 0x80ff_fffe)
        #expect(machine.fetch(0x80ff_fffe, as: .machine) == .trap(cause: 1, value: 0x8100_0000))
    }

    /// A handler that traps, for ever: the budget ends it, and every trap counts.
    @Test(arguments: [0, 0x8000_1000, 0xffff_ffff_ffff_fffc] as [UInt64])
    func trapLoopsEnd(_ handler: UInt64) throws {
        let machine = try TestMachine()
        machine[.mtvec] = handler
        machine.place([0xffff_ffff], at: 0x8000_1000)
        machine.pc = 0x8000_1000
        let retired = machine[.minstret]
        #expect(machine.hart.interpret(budget: 10_000) == .budget)
        #expect(machine.hart.executedInstructions == 10_000)
        #expect(machine[.minstret] == retired, "none of them retired")
    }

    /// Code that overwrites the next instruction sees the new one at once, with or without `fence.i`.
    @Test(arguments: [false, true])
    func selfModifyingCode(_ withFence: Bool) throws {
        let machine = try TestMachine()
        let fence = withFence ? Assembly.fenceI : Assembly.nop
        machine[5] = UInt64(Assembly.addi(7, 7, 100))
        machine[6] = Self.code + 8
        machine.place([Assembly.sw(5, 0, 6), fence, Assembly.addi(7, 7, 1), Assembly.jal(0, -4)])
        // First as it stands, so that whatever is kept of it is kept.
        machine.pc = Self.code + 8
        machine.step()
        #expect(machine[7] == 1)
        machine.pc = Self.code
        machine.step(3)
        #expect(machine[7] == 101)
        machine.step(2)
        #expect(machine[7] == 201)
    }

    /// Random bits, executed: anything may happen but a crash or an endless slice.
    @Test(arguments: [Privilege.machine, .supervisor, .user])
    func randomInstructions(_ privilege: Privilege) throws {
        var random = RandomNumbers(seed: 0xbad + UInt64(privilege.rawValue))
        let machine = try TestMachine()
        machine.place([Assembly.jal(0, 0)], at: TestMachine.machineHandler)
        for round in 0..<300 {
            machine.hart.reset()
            machine.openProtection()
            machine[.mtvec] = TestMachine.machineHandler
            machine.setStatus(random.next() & MachineStatus.writable)
            for register in 1..<32 {
                let near = Self.code + random.next() & 0xff_ffff
                machine[register] = random.oneIn(2) ? near : OracleValues.integer(&random)
            }
            if round & 1 == 1 { machine[.satp] = 8 << 60 | 0x80000 }
            for offset in stride(from: 0 as UInt64, to: 1024, by: 4) {
                let encoding = random.pick(EncodingTable.full)
                let noise = UInt32(truncatingIfNeeded: random.next())
                let bits = random.oneIn(8) ? noise : encoding.filled(noise)
                _ = machine.memory.store(bits, at: TestMachine.data + offset)
            }
            machine.enter(privilege, at: TestMachine.data)
            let before = machine.hart.executedInstructions
            for _ in 0..<8 { _ = machine.hart.interpret(budget: 500) }
            #expect(machine.hart.executedInstructions - before <= 4_000)
            #expect(machine.pc & 1 == 0 && machine[0] == 0)
        }
    }
}
