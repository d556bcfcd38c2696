// Physical memory protection: which entry decides, and what it decides.
@testable import RISCV
import Testing

@Suite struct MMUProtectionTests {
    private static let data = TestMachine.data
    private static let configuration: UInt16 = 0x3a0
    private static let address: UInt16 = 0x3b0

    // Configuration bytes: permissions, how addresses match, the lock.
    private static let (r, w, x): (UInt64, UInt64, UInt64) = (1, 2, 4)
    private static let (tor, na4, napot, lock): (UInt64, UInt64, UInt64, UInt64) = (8, 16, 24, 128)

    private func set(_ machine: TestMachine, _ entry: Int, _ configuration: UInt64, _ address: UInt64) {
        machine.hart.writeCSR(Self.address + UInt16(entry), address)
        let register = Self.configuration + UInt16(entry / 8 * 2)
        let shift = UInt64(entry % 8 * 8)
        let old = (machine.hart.readCSR(register) ?? 0) & ~(0xff << shift)
        machine.hart.writeCSR(register, old | configuration << shift)
    }

    /// The address register of a naturally aligned power-of-two range.
    private func naturallyAligned(_ base: UInt64, size: UInt64) -> UInt64 { base >> 2 | (size / 8 - 1) }

    private func refused(_ address: UInt64) -> Outcome { .trap(cause: 5, value: address) }

    @Test func withoutEntriesOnlyMachineModeHasAccess() throws {
        let machine = try TestMachine()
        for privilege in [Privilege.user, .supervisor] {
            #expect(machine.load(Self.data, as: privilege) == refused(Self.data))
            #expect(machine.store(1, Self.data, as: privilege) == .trap(cause: 7, value: Self.data))
            #expect(machine.fetch(Self.data, as: privilege) == .trap(cause: 1, value: Self.data))
        }
        #expect(machine.load(Self.data) == .value(0))
    }

    @Test(arguments: TestMachine.Access.allCases)
    func permissions(_ access: TestMachine.Access) throws {
        for permissions: UInt64 in [0, 1, 3, 4, 5, 7] {
            let machine = try TestMachine()
            machine.place([Assembly.nop, Assembly.nop], at: Self.data)
            set(machine, 3, Self.napot | permissions, naturallyAligned(Self.data, size: 4096))
            let needed = access == .load ? Self.r : access == .store ? Self.w : Self.x
            let outcome = machine.access(access, Self.data, as: .supervisor)
            if case .value = outcome {
                #expect(permissions & needed != 0)
            } else {
                let cause: UInt64 = access == .load ? 5 : access == .store ? 7 : 1
                #expect(permissions & needed == 0 && outcome == .trap(cause: cause, value: Self.data))
            }
        }
    }

    /// Write without read is reserved, and is not kept.
    @Test func writeOnlyIsNotKept() throws {
        let machine = try TestMachine()
        set(machine, 0, Self.napot | Self.w, .max)
        #expect((machine.hart.readCSR(Self.configuration) ?? 0) & 3 != 2)
        #expect(machine.load(Self.data, as: .user) == refused(Self.data))
    }

    @Test func topOfRange() throws {
        let machine = try TestMachine()
        set(machine, 0, Self.tor | Self.r, (Self.data + 16) >> 2)
        #expect(machine.load(Self.data + 8, as: .user) == .value(0))
        #expect(machine.load(Self.data + 16, as: .user) == refused(Self.data + 16))
        #expect(machine.load(Self.data + 12, as: .user) == refused(Self.data + 12), "partly outside")
        #expect(machine.load(Self.data + 12, .word, as: .user) == .value(0))
    }

    /// The bottom of a range is the address before it, also of an entry that is off.
    @Test func topOfRangeWithBottom() throws {
        let machine = try TestMachine()
        set(machine, 4, 0, Self.data >> 2)
        set(machine, 5, Self.tor | Self.r, (Self.data + 16) >> 2)
        #expect(machine.load(Self.data - 8, as: .user) == refused(Self.data - 8))
        #expect(machine.load(Self.data, as: .user) == .value(0))
        #expect(machine.load(Self.data + 8, as: .user) == .value(0))
        #expect(machine.load(Self.data + 16, as: .user) == refused(Self.data + 16))
        // A bottom at or above the top matches nothing.
        set(machine, 4, 0, (Self.data + 16) >> 2)
        #expect(machine.load(Self.data + 8, as: .user) == refused(Self.data + 8))
    }

    @Test func fourBytes() throws {
        let machine = try TestMachine()
        set(machine, 0, Self.na4 | Self.r, (Self.data + 4) >> 2)
        #expect(machine.load(Self.data + 4, .word, as: .user) == .value(0))
        #expect(machine.load(Self.data + 7, .byte, as: .user) == .value(0))
        #expect(machine.load(Self.data + 8, .byte, as: .user) == refused(Self.data + 8))
        #expect(machine.load(Self.data + 3, .byte, as: .user) == refused(Self.data + 3))
        #expect(machine.load(Self.data + 4, as: .user) == refused(Self.data + 4))
        #expect(machine.load(Self.data, as: .user) == refused(Self.data))
    }

    @Test(arguments: [8, 16, 1024, 4096, 1 << 16] as [UInt64])
    func powersOfTwo(_ size: UInt64) throws {
        let machine = try TestMachine()
        set(machine, 0, Self.napot | Self.r, naturallyAligned(Self.data, size: size))
        #expect(machine.load(Self.data, as: .user) == .value(0))
        #expect(machine.load(Self.data + size - 8, as: .user) == .value(0))
        #expect(machine.load(Self.data + size, as: .user) == refused(Self.data + size))
        #expect(machine.load(Self.data - 8, as: .user) == refused(Self.data - 8))
    }

    /// The lowest-numbered entry that matches a byte decides; it must match all bytes.
    @Test func priority() throws {
        let machine = try TestMachine()
        set(machine, 1, Self.napot, naturallyAligned(Self.data + 0x100, size: 8))
        set(machine, 2, Self.napot | Self.r | Self.w, naturallyAligned(Self.data, size: 4096))
        set(machine, 3, Self.napot | Self.r | Self.w | Self.x, .max)
        for _ in 0..<2 {
            #expect(machine.load(Self.data + 0x100, as: .user) == refused(Self.data + 0x100))
            #expect(machine.load(Self.data + 0x108, as: .user) == .value(0))
            #expect(machine.load(Self.data + 0xfc, as: .user) == refused(Self.data + 0xfc))
            #expect(machine.fetch(Self.data, as: .user) == .trap(cause: 1, value: Self.data))
        }
        // Machine mode is bound by an entry's extent, not by its permissions, unless it is locked.
        #expect(machine.load(Self.data + 0x100) == .value(0))
    }

    @Test func lockedEntriesBindMachineMode() throws {
        let machine = try TestMachine()
        set(machine, 0, Self.napot | Self.lock | Self.r, naturallyAligned(Self.data, size: 4096))
        #expect(machine.load(Self.data) == .value(0))
        #expect(machine.store(1, Self.data) == .trap(cause: 7, value: Self.data))
        #expect(machine.fetch(Self.data, as: .machine) == .trap(cause: 1, value: Self.data))
        #expect(machine.store(1, Self.data + 4096) == .done)
    }

    @Test func lockedEntriesDoNotChange() throws {
        let machine = try TestMachine()
        let range = naturallyAligned(Self.data, size: 4096)
        set(machine, 2, Self.napot | Self.lock | Self.r, range)
        let before = machine.hart.readCSR(Self.configuration)
        set(machine, 2, Self.napot | Self.r | Self.w, 0)
        #expect(machine.hart.readCSR(Self.configuration) == before)
        #expect(machine.hart.readCSR(Self.address + 2) == range)
        // The others can change, except the bottom of a locked range.
        set(machine, 1, Self.napot | Self.r, 77)
        #expect(machine.hart.readCSR(Self.address + 1) == 77)
        set(machine, 6, Self.tor | Self.lock, 200)
        set(machine, 5, Self.napot, 100)
        #expect(machine.hart.readCSR(Self.address + 5) == 0)
        // Reset unlocks.
        machine.hart.reset()
        #expect(machine.hart.readCSR(Self.configuration) == 0)
    }

    /// Registers 1 and 3 do not exist in RV64; addresses have 54 bits.
    @Test func registers() throws {
        let machine = try TestMachine()
        #expect(machine.hart.readCSR(0x3a1) == nil && machine.hart.readCSR(0x3a3) == nil)
        #expect(machine.hart.readCSR(0x3a4) == nil && machine.hart.readCSR(0x3c0) == nil)
        machine.hart.writeCSR(0x3bf, .max)
        #expect(machine.hart.readCSR(0x3bf) == (1 << 54) - 1)
        machine.hart.writeCSR(0x3a2, 0x7f << 56)
        #expect(machine.hart.readCSR(0x3a2) == 0x1f << 56)
    }

    /// A page that two entries share is checked at each access, cached or not.
    @Test func partsOfAPage() throws {
        let machine = try TestMachine()
        set(machine, 0, Self.tor, (Self.data + 0x800) >> 2)
        set(machine, 1, Self.napot | Self.r | Self.w | Self.x, .max)
        machine.place([Assembly.nop, Assembly.nop], at: Self.data + 0x7fc)
        let (below, above) = (Self.data + 0x7f8, Self.data + 0x800)
        for _ in 0..<3 {
            #expect(machine.load(above, as: .user) == .value(UInt64(Assembly.nop)))
            #expect(machine.load(below, as: .user) == refused(below))
            #expect(machine.store(0, below, as: .user) == .trap(cause: 7, value: below))
            #expect(machine.fetch(above, as: .user) == .done)
            #expect(machine.fetch(below + 4, as: .user) == .trap(cause: 1, value: below + 4))
        }
    }

    /// An instruction whose second half may not be fetched.
    @Test func instructionsAcrossABoundary() throws {
        let machine = try TestMachine()
        set(machine, 0, Self.tor | Self.x, (Self.data + 0x800) >> 2)
        machine.place([Assembly.nop], at: Self.data + 0x7fe)
        let outcome = machine.fetch(Self.data + 0x7fe, as: .user)
        #expect(outcome == .trap(cause: 1, value: Self.data + 0x800))
        #expect(machine[.mepc] == Self.data + 0x7fe)
        _ = machine.memory.store(Assembly.compressedNop, at: Self.data + 0x7fe)
        #expect(machine.fetch(Self.data + 0x7fe, as: .user) == .done)
    }

    @Test func changesActAtOnce() throws {
        let machine = try TestMachine()
        machine.openProtection()
        #expect(machine.load(Self.data, as: .user) == .value(0))
        set(machine, 15, 0, 0)
        #expect(machine.load(Self.data, as: .user) == refused(Self.data))
        machine.openProtection()
        #expect(machine.load(Self.data, as: .user) == .value(0))
        set(machine, 0, Self.napot, naturallyAligned(Self.data, size: 8))
        #expect(machine.load(Self.data, as: .user) == refused(Self.data))
    }

    /// Page walks read the tables, and write A and D, with supervisor rights.
    @Test func pageTablesAreProtected() throws {
        let machine = try TestMachine()
        machine.openProtection()
        var tables = PageTables(machine)
        tables.map(0x5000, to: Self.data, "VRWX")
        machine[.satp] = tables.satp()
        set(machine, 0, Self.napot | Self.r, naturallyAligned(tables.root, size: 1 << 16))
        #expect(machine.load(0x5000, as: .supervisor) == refused(0x5000), "A can not be set")
        tables.map(0x5000, to: Self.data, "VRWXA")
        #expect(machine.load(0x5000, as: .supervisor) == .value(0))
        #expect(machine.store(1, 0x5000, as: .supervisor) == .trap(cause: 7, value: 0x5000))
        set(machine, 0, Self.napot, naturallyAligned(tables.root, size: 1 << 16))
        #expect(machine.load(0x5000, as: .supervisor) == refused(0x5000))
        #expect(machine.fetch(0x5000, as: .supervisor) == .trap(cause: 1, value: 0x5000))
        // The target of the translation is checked, not the virtual address.
        set(machine, 0, Self.napot, naturallyAligned(Self.data, size: 4096))
        #expect(machine.load(0x5008, as: .supervisor) == refused(0x5008))
    }
}
