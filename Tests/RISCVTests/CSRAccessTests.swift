// Control and status registers: who may do what.
@testable import RISCV
import Testing

@Suite struct CSRAccessTests {
    private func machine() throws -> TestMachine {
        let machine = try TestMachine()
        machine.openProtection()
        machine.setStatus(MachineStatus.fs)
        return machine
    }

    /// Register numbers that exist, by the manual's tables and what the machine has.
    private static let existing: Set<UInt16> = {
        var numbers: Set<UInt16> = [1, 2, 3]
        numbers.formUnion([0x100, 0x104, 0x105, 0x106, 0x10a])
        numbers.formUnion([0x140, 0x141, 0x142, 0x143, 0x144, 0x14d, 0x180])
        numbers.formUnion([0x300, 0x301, 0x302, 0x303, 0x304, 0x305, 0x306, 0x30a, 0x320])
        numbers.formUnion([0x340, 0x341, 0x342, 0x343, 0x344, 0x3a0, 0x3a2])
        numbers.formUnion([0xf11, 0xf12, 0xf13, 0xf14, 0xf15, 0xb00, 0xb02])
        numbers.formUnion((0xb03...0xb1f).map(UInt16.init))
        numbers.formUnion((0x323...0x33f).map(UInt16.init))
        numbers.formUnion((0x3b0...0x3bf).map(UInt16.init))
        numbers.formUnion((0xc00...0xc1f).map(UInt16.init))
        return numbers
    }()

    /// All 4096 numbers, read and written in each mode. The number itself says the lowest mode (bits 9
    /// and 8) and whether it can be written (bits 11 and 10).
    @Test(arguments: [Privilege.user, .supervisor, .machine])
    func everyNumber(_ privilege: Privilege) throws {
        let machine = try machine()
        machine[.menvcfg] = 1 << 63
        machine[.mcounteren] = .max
        machine[.scounteren] = .max
        for number in 0..<4096 as Range<UInt16> {
            let isAllowed = Self.existing.contains(number) && privilege.rawValue >= UInt8(number >> 8 & 3)
            let read = Assembly.csrrs(5, number, 0)
            let illegalRead = Outcome.trap(cause: 2, value: UInt64(read))
            #expect(machine.execute(read, in: privilege) == (isAllowed ? .done : illegalRead))
            // Rewriting the value that was read changes nothing that later numbers need.
            let write = Assembly.csrrw(0, number, 5)
            let illegalWrite = Outcome.trap(cause: 2, value: UInt64(write))
            let isWritable = isAllowed && number >> 10 != 3
            #expect(machine.execute(write, in: privilege) == (isWritable ? .done : illegalWrite))
        }
    }

    /// Of a read-only register, setting and clearing nothing is reading; writing is writing.
    @Test func readOnlyRegisters() throws {
        let machine = try machine()
        let number: UInt16 = 0xf14
        for word in [Assembly.csrrs(5, number, 0), Assembly.csrrc(5, number, 0)] {
            #expect(machine.execute(word) == .done)
        }
        for word in [Assembly.csrrsi(5, number, 0), Assembly.csrrci(5, number, 0)] {
            #expect(machine.execute(word) == .done)
        }
        let writes = [
            Assembly.csrrw(5, number, 0), Assembly.csrrwi(5, number, 0), Assembly.csrrs(5, number, 6),
            Assembly.csrrc(5, number, 6), Assembly.csrrsi(5, number, 1), Assembly.csrrci(0, number, 1),
        ]
        machine[6] = 0
        for word in writes { #expect(machine.execute(word) == .trap(cause: 2, value: UInt64(word))) }
    }

    @Test func operations() throws {
        let machine = try machine()
        let number = CSR.mscratch.rawValue
        machine[6] = 0xf0f0
        let steps: [(UInt32, UInt64)] = [
            (Assembly.csrrw(5, number, 6), 0xf0f0), (Assembly.csrrsi(5, number, 0x1f), 0xf0ff),
            (Assembly.csrrci(5, number, 0x11), 0xf0ee), (Assembly.csrrs(5, number, 6), 0xf0fe),
            (Assembly.csrrc(5, number, 6), 0x0e), (Assembly.csrrwi(5, number, 0x1f), 0x1f),
            (Assembly.csrrs(5, number, 0), 0x1f),
        ]
        var old: UInt64 = 0
        for (word, new) in steps {
            #expect(machine.execute(word) == .done)
            #expect(machine[5] == old && machine[.mscratch] == new)
            old = new
        }
        // Source and destination may be one register.
        machine[6] = 5
        #expect(machine.execute(Assembly.csrrw(6, number, 6)) == .done)
        #expect(machine[6] == 0x1f && machine[.mscratch] == 5)
    }

    // MARK: Counters

    /// mcounteren rules supervisor and user mode, scounteren user mode (3.1.11, 10.1.5).
    @Test(arguments: [0, 1, 2, 3, 31])
    func counterEnables(_ counter: UInt16) throws {
        let machine = try machine()
        let word = Assembly.csrrs(5, 0xc00 + counter, 0)
        let illegal = Outcome.trap(cause: 2, value: UInt64(word))
        let bit: UInt64 = 1 << UInt64(counter)
        for (machineEnables, supervisorEnables) in [(0, 0), (0, bit), (bit, 0), (bit, bit)] {
            machine[.mcounteren] = machineEnables
            machine[.scounteren] = supervisorEnables
            let both = machineEnables & supervisorEnables != 0
            #expect(machine.execute(word, in: .machine) == .done)
            #expect(machine.execute(word, in: .supervisor) == (machineEnables != 0 ? .done : illegal))
            #expect(machine.execute(word, in: .user) == (both ? .done : illegal))
            // Other counters are not affected.
            machine[.mcounteren] = ~bit
            machine[.scounteren] = ~bit
            #expect(machine.execute(word, in: .user) == illegal)
        }
    }

    /// Instructions that trap do not retire.
    @Test func retiredInstructions() throws {
        let machine = try machine()
        machine.place([Assembly.csrrs(5, 0xb02, 0), Assembly.nop, Assembly.ecall])
        machine.place([Assembly.csrrs(6, 0xb02, 0)], at: TestMachine.machineHandler)
        machine.step(4)
        #expect(machine[6] - machine[5] == 2)
        let cycles = machine[.mcycle]
        machine.place([0xffff_ffff], at: TestMachine.machineHandler + 4)
        let retired = machine[.minstret]
        machine.step()
        #expect(machine[.minstret] == retired && machine[.mcycle] == cycles + 1)
    }

    /// The instruction after a write reads what was written.
    @Test(arguments: [0xb00, 0xb02] as [UInt16])
    func counterWrites(_ number: UInt16) throws {
        let machine = try machine()
        machine[6] = 0xffff_ffff_ffff_fffe
        machine.place([
            Assembly.csrrw(0, number, 6), Assembly.csrrs(5, number, 0), Assembly.csrrs(7, number, 0),
            Assembly.csrrs(8, number + 0x100, 0),
        ])
        machine.step(4)
        #expect(machine[5] == .max - 1 && machine[7] == .max && machine[8] == 0)
    }

    /// `time` is virtual time in ticks.
    @Test func time() throws {
        let machine = try machine()
        machine.clock.skip(to: 1_000_000)
        #expect(machine.execute(Assembly.csrrs(5, 0xc01, 0)) == .done)
        #expect(machine[5] == 10_000)
        machine.timebase.offset = 5
        #expect(machine[.time] == 10_005)
    }

    // MARK: Sstc

    /// stimecmp below machine mode needs both menvcfg.STCE and mcounteren.TM ("Sstc").
    @Test func supervisorTimerComparator() throws {
        let machine = try machine()
        let word = Assembly.csrrw(5, CSR.stimecmp.rawValue, 6)
        let illegal = Outcome.trap(cause: 2, value: UInt64(word))
        for (enabled, counter) in [(0, 0), (0, 2), (1, 0), (1, 2)] as [(UInt64, UInt64)] {
            machine[.menvcfg] = enabled << 63
            machine[.mcounteren] = counter
            #expect(machine.execute(word, in: .machine) == .done)
            #expect(machine.execute(word, in: .supervisor) == (enabled * counter != 0 ? .done : illegal))
            #expect(machine.execute(word, in: .user) == illegal)
        }
    }
}
