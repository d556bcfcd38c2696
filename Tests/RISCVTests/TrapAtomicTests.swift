// Reservations, block zeroing and calls to the environment below the guest.
import MachineCore
@testable import RISCV
import Testing

@Suite struct TrapAtomicTests {
    private static let data = TestMachine.data

    private func machine() throws -> TestMachine {
        let machine = try TestMachine()
        machine.openProtection()
        machine[6] = Self.data
        machine[7] = Self.data + 8
        machine[8] = 99
        machine.setWord(Self.data, 5)
        return machine
    }

    /// Runs instructions; x10 then tells what the last store-conditional gave.
    private func run(_ words: [UInt32]) throws -> TestMachine {
        let machine = try machine()
        machine.place(words)
        machine.step(UInt64(words.count))
        return machine
    }

    @Test func storeConditionalAfterLoadReserved() throws {
        let machine = try run([Assembly.lrD(9, 6), Assembly.scD(10, 8, 6)])
        #expect(machine[9] == 5 && machine[10] == 0 && machine.word(Self.data) == 99)
    }

    @Test func storeConditionalFails() throws {
        let alone = [Assembly.scD(10, 8, 6)]
        let twice = [Assembly.lrD(9, 6), Assembly.scD(11, 0, 7), Assembly.scD(10, 8, 6)]
        let elsewhere = [Assembly.lrD(9, 7), Assembly.scD(10, 8, 6)]
        let overwritten = [Assembly.lrD(9, 6), Assembly.sb(8, 1, 6), Assembly.scD(10, 8, 6)]
        for words in [alone, twice, elsewhere] {
            let machine = try run(words)
            #expect(machine[10] == 1 && machine.word(Self.data) == 5)
        }
        let machine = try run(overwritten)
        #expect(machine[10] == 1 && machine.word(Self.data) == 5 | 99 << 8)
    }

    /// What another hart or a device wrote in between.
    @Test func storeConditionalSeesOtherWrites() throws {
        let machine = try machine()
        machine.place([Assembly.lrW(9, 6), Assembly.scW(10, 8, 6)])
        machine.step()
        machine.setWord(Self.data, 6)
        machine.step()
        #expect(machine[10] == 1 && machine.word(Self.data) == 6)
    }

    /// A reservation does not outlive a trap or a trap return.
    @Test func trapsEndReservations() throws {
        let machine = try machine()
        machine.place([Assembly.lrD(9, 6), Assembly.ecall, Assembly.scD(10, 8, 6)])
        machine.place([Assembly.mret], at: TestMachine.machineHandler)
        machine.step(2)
        machine[.mepc] = TestMachine.code + 8
        machine.setStatus(MachineStatus.mpp)
        machine.step(2)
        #expect(machine[10] == 1 && machine.word(Self.data) == 5)
    }

    /// A word's reservation does not cover a doubleword: its other half may have changed unseen.
    @Test func storeConditionalOfAnotherWidthFails() throws {
        let machine = try machine()
        machine.setWord(Self.data, 5 | 7 << 32)
        machine.place([Assembly.lrW(9, 6), Assembly.scD(10, 8, 6)])
        machine.step()
        _ = machine.memory.store(0 as UInt32, at: Self.data + 4)
        machine.step()
        #expect(machine[10] == 1 && machine.word(Self.data) == 5)
    }

    /// Results of word atomics are sign-extended, and only four bytes change.
    @Test func wordAtomics() throws {
        let machine = try machine()
        machine.setWord(Self.data, 0x1111_1111_8000_0000)
        machine.place([Assembly.amoaddW(9, 8, 6), Assembly.lrW(10, 6)])
        machine.step(2)
        #expect(machine[9] == 0xffff_ffff_8000_0000 && machine[10] == 0xffff_ffff_8000_0063)
        #expect(machine.word(Self.data) == 0x1111_1111_8000_0063)
    }

    // MARK: cbo.zero

    @Test func blocksAreZeroed() throws {
        let machine = try machine()
        for offset in stride(from: 0 as UInt64, to: 256, by: 8) { machine.setWord(Self.data + offset, .max) }
        machine[6] = Self.data + 64 + 37
        #expect(machine.execute(Assembly.cboZero(6)) == .done)
        for offset in stride(from: 0 as UInt64, to: 256, by: 8) {
            #expect(machine.word(Self.data + offset) == ((64..<128).contains(offset) ? 0 : .max))
        }
    }

    /// menvcfg enables it below machine mode, senvcfg below supervisor mode ("CMO", CBZE).
    @Test func blockZeroingIsEnabledByMode() throws {
        let machine = try machine()
        let word = Assembly.cboZero(6)
        let illegal = Outcome.trap(cause: 2, value: UInt64(word))
        for (menvcfg, senvcfg) in [(0, 0), (0, 1), (1, 0), (1, 1)] as [(UInt64, UInt64)] {
            machine[.menvcfg] = menvcfg << 7
            machine[.senvcfg] = senvcfg << 7
            #expect(machine.execute(word, in: .machine) == .done)
            #expect(machine.execute(word, in: .supervisor) == (menvcfg == 1 ? .done : illegal))
            #expect(machine.execute(word, in: .user) == (menvcfg & senvcfg == 1 ? .done : illegal))
        }
    }

    /// A store fault at the address in the register ("CMO" 2.3), and nothing changed.
    @Test func blockZeroingFaultsAsAStore() throws {
        let machine = try machine()
        machine[.menvcfg] = 1 << 7
        var tables = PageTables(machine)
        tables.map(0x5000, to: Self.data, "VRA")
        machine[.satp] = tables.satp()
        machine[6] = 0x5000 + 37
        #expect(machine.data(Assembly.cboZero(6), .supervisor) == .trap(cause: 15, value: 0x5000 + 37))
        #expect(machine.word(Self.data) == 5)
    }

    // MARK: Calls of the environment

    /// A supervisor's call that is served outside the guest: the loop ends before it, uncounted.
    @Test func servedEnvironmentCalls() throws {
        let machine = try TestMachine(servesSupervisorCalls: true)
        machine.openProtection()
        machine.place([Assembly.ecall, Assembly.addi(7, 0, 1)])
        machine.enter(.supervisor)
        let before = machine.hart.executedInstructions
        #expect(machine.hart.interpret(budget: 10) == .environmentCall)
        #expect(machine.pc == TestMachine.code && machine.hart.executedInstructions == before)
        machine.hart.completeEnvironmentCall(error: -2, value: 7)
        #expect(machine.hart.executedInstructions == before + 1 && machine.pc == TestMachine.code + 4)
        #expect(machine[10] == UInt64(bitPattern: -2) && machine[11] == 7)
        machine.step()
        #expect(machine[7] == 1 && machine.privilege == .supervisor)
        // Users and machine mode call into the guest.
        #expect(machine.execute(Assembly.ecall, in: .user) == .trap(cause: 8, value: 0))
        #expect(machine.execute(Assembly.ecall, in: .machine) == .trap(cause: 11, value: 0))
    }
}
