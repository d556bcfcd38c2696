// Address spaces: satp, ASIDs, and what sfence.vma must forget.
@testable import RISCV
import Testing

@Suite struct MMUFenceTests {
    private static let page: UInt64 = 0x1234_5000
    private static let first: UInt64 = 0x8002_0000
    private static let second: UInt64 = 0x8003_0000

    private func machine() throws -> TestMachine {
        let machine = try TestMachine()
        machine.openProtection()
        for (page, value) in [(Self.first, 1), (Self.second, 2)] as [(UInt64, UInt64)] {
            machine.setWord(page, value)
        }
        return machine
    }

    /// `sfence.vma` with these registers, run in supervisor mode on an untranslated page.
    private func fence(_ machine: TestMachine, address: UInt64?, space: UInt64?) {
        machine[10] = address ?? 0
        machine[11] = space ?? 0
        let instruction = Assembly.sfenceVMA(address == nil ? 0 : 10, space == nil ? 0 : 11)
        #expect(machine.execute(instruction) == .done)
    }

    @Test(arguments: [(true, true), (true, false), (false, true), (false, false)])
    func fenceForgetsChangedEntries(_ oneAddress: Bool, _ oneSpace: Bool) throws {
        let machine = try machine()
        var tables = PageTables(machine)
        tables.map(Self.page, to: Self.first, "VRWXAD")
        machine[.satp] = tables.satp(space: 5)
        #expect(machine.load(Self.page, as: .supervisor) == .value(1))
        tables.map(Self.page, to: Self.second, "VRWXAD")
        fence(machine, address: oneAddress ? Self.page + 123 : nil, space: oneSpace ? 5 : nil)
        #expect(machine.load(Self.page, as: .supervisor) == .value(2))
    }

    /// The page that is being executed, too.
    @Test func fenceForgetsTheFetchedPage() throws {
        let machine = try machine()
        var tables = PageTables(machine)
        machine.place([Assembly.nop, Assembly.sfenceVMA(0, 0), Assembly.addi(7, 0, 1)], at: Self.first)
        machine.place([Assembly.nop, Assembly.sfenceVMA(0, 0), Assembly.addi(7, 0, 2)], at: Self.second)
        tables.map(Self.page, to: Self.first, "VRWXAD")
        machine[.satp] = tables.satp()
        machine.enter(.supervisor, at: Self.page)
        machine.step()
        tables.map(Self.page, to: Self.second, "VRWXAD")
        machine.step(2)
        #expect(machine[7] == 2)
    }

    /// A fence of one address in a superpage covers all of it.
    @Test(arguments: [1, 40])
    func fenceInSuperpages(_ count: UInt64) throws {
        let machine = try machine()
        var tables = PageTables(machine)
        let size: UInt64 = 1 << 21
        for index in 0..<count { tables.map(index * size, to: 0x8000_0000, "VRWXAD", level: 1) }
        machine[.satp] = tables.satp()
        for index in 0..<count {
            #expect(machine.load(index * size + 0x2_0000, as: .supervisor) == .value(1))
            #expect(machine.load(index * size + 0x3_0000, as: .supervisor) == .value(2))
        }
        for index in 0..<count { tables.map(index * size, to: 0x8020_0000, "VRWXAD", level: 1) }
        for index in 0..<count {
            fence(machine, address: index * size + 0x1_1000, space: nil)
            #expect(machine.load(index * size + 0x3_0000, as: .supervisor) == .value(0))
            #expect(machine.load(index * size + 0x2_0000, as: .supervisor) == .value(0))
        }
    }

    /// Address spaces do not see each other's translations, however many there are.
    @Test func addressSpacesAreSeparate() throws {
        let machine = try machine()
        let count: UInt64 = 40
        var satp: [UInt64] = []
        for space in 0..<count {
            var tables = PageTables(machine, root: 0x8040_0000 + space * 0x1_0000)
            tables.map(Self.page, to: 0x8010_0000 + space * 0x1000, "VRWXAD")
            machine.setWord(0x8010_0000 + space * 0x1000, 100 + space)
            satp.append(tables.satp(space: space))
        }
        for _ in 0..<3 {
            for space in 0..<count {
                machine[.satp] = satp[Int(space)]
                #expect(machine.load(Self.page, as: .supervisor) == .value(100 + space))
            }
        }
        // Bare again: the address is physical, where nothing is.
        machine[.satp] = 0
        #expect(machine.load(Self.page, as: .supervisor) == .trap(cause: 5, value: Self.page))
    }

    /// A fence of one space, after changes in two.
    @Test func fenceOfOneSpace() throws {
        let machine = try machine()
        var tables = [PageTables(machine), PageTables(machine, root: 0x8050_0000)]
        for space in 0..<2 {
            tables[space].map(Self.page, to: Self.first, "VRWXAD")
            machine[.satp] = tables[space].satp(space: UInt64(space + 1))
            #expect(machine.load(Self.page, as: .supervisor) == .value(1))
        }
        for space in 0..<2 {
            tables[space].map(Self.page, to: Self.second, "VRWXAD")
            fence(machine, address: nil, space: UInt64(space + 1))
            machine[.satp] = tables[space].satp(space: UInt64(space + 1))
            #expect(machine.load(Self.page, as: .supervisor) == .value(2))
        }
    }

    /// Modes other than bare and Sv39 are not there: such a write changes nothing at all.
    @Test(arguments: [1, 7, 9, 10, 11, 15] as [UInt64])
    func otherModesAreRefused(_ mode: UInt64) throws {
        let machine = try machine()
        let value: UInt64 = 8 << 60 | 0xabcd << 44 | 0x123_4567_89ab
        machine[.satp] = value
        #expect(machine[.satp] == value, "16 bits of ASID, 44 of PPN")
        machine[.satp] = mode << 60 | 0x1111 << 44 | 0x222
        #expect(machine[.satp] == value)
        machine[5] = mode << 60
        #expect(machine.execute(Assembly.csrrw(0, CSR.satp.rawValue, 5), in: .supervisor) != .done)
        machine[.satp] = 0
        #expect(machine.execute(Assembly.csrrw(0, CSR.satp.rawValue, 5), in: .supervisor) == .done)
        #expect(machine[.satp] == 0)
    }

    /// Machine mode does not translate, unless MPRV lends it another mode's eyes.
    @Test func machineModeIsPhysical() throws {
        let machine = try machine()
        var tables = PageTables(machine)
        tables.map(Self.page, to: Self.first, "VRWAD")
        tables.map(Self.first, to: Self.second, "VRWAD")
        machine[.satp] = tables.satp()
        #expect(machine.load(Self.first, as: .machine) == .value(1))
        #expect(machine.load(Self.first, as: .supervisor) == .value(2))
        #expect(machine.load(Self.page, as: .machine) == .trap(cause: 5, value: Self.page))
    }

    /// Fetches of machine mode are physical even under MPRV.
    @Test func fetchesIgnoreMPRV() throws {
        let machine = try machine()
        let tables = PageTables(machine)
        machine[.satp] = tables.satp()
        machine.setStatus(MachineStatus.mprv)
        machine.place([Assembly.addi(7, 0, 9)], at: Self.first)
        machine.pc = Self.first
        machine.step()
        #expect(machine[7] == 9)
    }
}
