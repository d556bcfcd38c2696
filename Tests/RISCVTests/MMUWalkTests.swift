// Sv39: the way through the tables, superpages, page crossings and the address spaces.
@testable import RISCV
import Testing

@Suite struct MMUWalkTests {
    private static let page: UInt64 = 0x1234_5000
    private static let target: UInt64 = 0x8002_0000

    private func translated() throws -> (TestMachine, PageTables) {
        let machine = try TestMachine()
        machine.openProtection()
        return (machine, PageTables(machine))
    }

    private func expectFaults(_ machine: TestMachine, _ address: UInt64, _ causes: (UInt64, UInt64, UInt64)) {
        #expect(machine.load(address, as: .supervisor) == .trap(cause: causes.0, value: address))
        #expect(machine.store(1, address, as: .supervisor) == .trap(cause: causes.1, value: address))
        #expect(machine.fetch(address, as: .supervisor) == .trap(cause: causes.2, value: address))
    }

    private let pageFaults: (UInt64, UInt64, UInt64) = (13, 15, 12)
    private let accessFaults: (UInt64, UInt64, UInt64) = (5, 7, 1)

    /// A, D and U of a pointer to another table are reserved; so is a pointer at the last level.
    @Test(arguments: ["A", "D", "U", "AD"])
    func pointersWithReservedBits(_ letters: String) throws {
        var (machine, tables) = try translated()
        tables.map(Self.page, to: Self.target, "VRWXAD")
        machine[.satp] = tables.satp()
        let slot = tables.slot(Self.page, level: 1)
        machine.setWord(slot, try #require(machine.word(slot)) | PageTables.flags(letters))
        expectFaults(machine, Self.page, pageFaults)
    }

    @Test(arguments: [1, 2] as [UInt64])
    func superpages(_ level: UInt64) throws {
        var (machine, tables) = try translated()
        let size: UInt64 = 4096 << (9 * level)
        tables.map(size * 3, to: 0x8000_0000, "VRWX", level: level)
        machine[.satp] = tables.satp()
        let offset: UInt64 = 0x12_3458 & (size - 1)
        machine.setWord(0x8000_0000 + offset, 77)
        #expect(machine.load(size * 3 + offset, as: .supervisor) == .value(77))
        #expect(machine.store(78, size * 3 + offset, as: .supervisor) == .done)
        #expect(machine.word(0x8000_0000 + offset) == 78)
    }

    /// Low bits of a superpage's frame must be zero.
    @Test(arguments: [(1, 0), (1, 8), (2, 0), (2, 9), (2, 17)] as [(UInt64, UInt64)])
    func misalignedSuperpages(_ level: UInt64, _ bit: UInt64) throws {
        var (machine, tables) = try translated()
        let slot = tables.map(0x4000_0000, to: 0x8000_0000, "VRWXAD", level: level)
        machine.setWord(slot, try #require(machine.word(slot)) | 1 << (10 + bit))
        machine[.satp] = tables.satp()
        expectFaults(machine, 0x4000_0000, pageFaults)
    }

    /// Bits 63 to 39 must equal bit 38.
    @Test func onlyCanonicalAddresses() throws {
        var (machine, tables) = try translated()
        tables.map(0x3f_ffff_f000, to: Self.target, "VRWXAD")
        tables.map(0xffff_ffc0_0000_0000, to: Self.target, "VRWXAD")
        tables.map(0, to: Self.target, "VRWXAD")
        tables.map(0xffff_ffff_ffff_f000, to: Self.target, "VRWXAD")
        machine[.satp] = tables.satp()
        machine.place([Assembly.nop], at: Self.target)
        for good: UInt64 in [0x3f_ffff_f000, 0xffff_ffc0_0000_0000, 0, 0xffff_ffff_ffff_f000] {
            #expect(machine.load(good, as: .supervisor) == .value(UInt64(Assembly.nop)))
            #expect(machine.fetch(good, as: .supervisor) == .done)
        }
        let bad: [UInt64] = [
            0x40_0000_0000, 0x7f_ffff_f000, 0x80_0000_0000, 0xffff_ff80_0000_0000, 0xffff_ffbf_ffff_f000,
            1 << 63, 0x7fff_ffff_ffff_f000, 0x0000_0100_0000_0000,
        ]
        for address in bad { expectFaults(machine, address, pageFaults) }
    }

    /// A table outside memory is an access fault of the access that needed it.
    @Test func tablesOutsideMemory() throws {
        var (machine, tables) = try translated()
        tables.map(Self.page, to: Self.target, "VRWXAD")
        machine[.satp] = tables.satp()
        machine.setWord(tables.slot(Self.page, level: 1), PageTables.pointer(to: 0x4000_0000))
        expectFaults(machine, Self.page, accessFaults)
        // The largest frame number there is.
        machine.setWord(tables.slot(Self.page, level: 2), PageTables.pointer(to: (1 << 56) - 4096))
        expectFaults(machine, Self.page, accessFaults)
        machine[.satp] = 8 << 60 | ((1 << 44) - 1)
        expectFaults(machine, Self.page, accessFaults)
    }

    /// A page outside memory where no device answers.
    @Test func pagesOutsideMemory() throws {
        var (machine, tables) = try translated()
        tables.map(Self.page, to: 0x4000_0000, "VRWXAD")
        tables.map(Self.page + 0x1000, to: (1 << 56) - 4096, "VRWXAD")
        machine[.satp] = tables.satp()
        expectFaults(machine, Self.page, accessFaults)
        expectFaults(machine, Self.page + 0x1000, accessFaults)
    }

    // MARK: Two pages

    @Test func dataAcrossPages() throws {
        var (machine, tables) = try translated()
        tables.map(Self.page, to: Self.target + 0x5000, "VRW")
        tables.map(Self.page + 0x1000, to: Self.target, "VRW")
        machine[.satp] = tables.satp()
        let address = Self.page + 0xffd
        for _ in 0..<2 {
            #expect(machine.store(0x0807_0605_0403_0201, address, as: .supervisor) == .done)
            #expect(machine.load(address, as: .supervisor) == .value(0x0807_0605_0403_0201))
        }
        #expect(machine.memory.bytes(at: Self.target + 0x5ffd, count: 3) == [1, 2, 3])
        #expect(machine.memory.bytes(at: Self.target, count: 5) == [4, 5, 6, 7, 8])
        #expect(machine.load(Self.page + 0xfff, .half, as: .supervisor) == .value(0x0403))
        #expect(machine.load(Self.page + 0xffe, .word, as: .supervisor) == .value(0x0504_0302))
    }

    /// The second page faults: the trap value is its first byte, and nothing was stored.
    @Test func dataAcrossPagesFaultsOnTheSecond() throws {
        var (machine, tables) = try translated()
        tables.map(Self.page, to: Self.target, "VRWXAD")
        machine[.satp] = tables.satp()
        let (address, second) = (Self.page + 0xffc, Self.page + 0x1000)
        // The first page may be in the TLB.
        #expect(machine.store(5, Self.page + 0xff8, as: .supervisor) == .done)
        #expect(machine.load(address, as: .supervisor) == .trap(cause: 13, value: second))
        #expect(machine.store(.max, address, as: .supervisor) == .trap(cause: 15, value: second))
        #expect(machine.word(Self.target + 0xff8) == 5)
        tables.map(second, to: Self.target + 0x3000, "VRAD")
        machine.hart.flushTranslations(address: nil, space: nil)
        #expect(machine.store(.max, address, as: .supervisor) == .trap(cause: 15, value: second))
        #expect(machine.word(Self.target + 0xff8) == 5)
        #expect(machine.load(address, as: .supervisor) == .value(0))
        // The first page faults: its own address.
        machine.setWord(tables.slot(Self.page, level: 0), 0)
        machine.hart.flushTranslations(address: nil, space: nil)
        #expect(machine.load(address, as: .supervisor) == .trap(cause: 13, value: address))
    }

    @Test func instructionsAcrossPages() throws {
        var (machine, tables) = try translated()
        tables.map(Self.page, to: Self.target, "VXA")
        machine[.satp] = tables.satp()
        let (address, second) = (Self.page + 0xffe, Self.page + 0x1000)
        machine.place([Assembly.addi(7, 0, 42)], at: Self.target + 0xffe)
        #expect(machine.fetch(address, as: .supervisor) == .trap(cause: 12, value: second))
        #expect(machine[.mepc] == address)
        // The other half lies elsewhere; only the mapped one counts.
        tables.map(second, to: Self.target + 0x8000, "VXA")
        _ = machine.memory.store(UInt16(Assembly.addi(7, 0, 43) >> 16), at: Self.target + 0x8000)
        machine.hart.flushTranslations(address: nil, space: nil)
        #expect(machine.fetch(address, as: .supervisor) == .done)
        #expect(machine[7] == 43 && machine.pc == address + 4)
        // A compressed instruction does not need the second page.
        machine.setWord(tables.slot(second, level: 0), 0)
        machine.hart.flushTranslations(address: nil, space: nil)
        _ = machine.memory.store(Assembly.compressedNop, at: Self.target + 0xffe)
        #expect(machine.fetch(address, as: .supervisor) == .done)
        #expect(machine.pc == second)
    }

    /// The last bytes of the address space: an access wraps around to the first page.
    @Test func accessAroundTheEndOfTheAddressSpace() throws {
        var (machine, tables) = try translated()
        tables.map(0xffff_ffff_ffff_f000, to: Self.target, "VRWXAD")
        machine[.satp] = tables.satp()
        let last: UInt64 = 0xffff_ffff_ffff_fffc
        #expect(machine.load(last, .word, as: .supervisor) == .value(0))
        #expect(machine.load(last, as: .supervisor) == .trap(cause: 13, value: 0))
        tables.map(0, to: Self.target + 0x1000, "VRWXAD")
        machine.hart.flushTranslations(address: nil, space: nil)
        #expect(machine.store(0x8877_6655_4433_2211, last, as: .supervisor) == .done)
        #expect(machine.load(last, as: .supervisor) == .value(0x8877_6655_4433_2211))
        #expect(machine.word(Self.target + 0x1000) == 0x8877_6655)
    }
}
