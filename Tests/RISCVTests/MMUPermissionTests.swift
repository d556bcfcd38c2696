// Sv39: what the bits of a leaf entry allow, to whom.
@testable import RISCV
import Testing

/// One access to one page. Faults are page faults of the access's kind.
struct PermissionCase: Sendable, CustomTestStringConvertible {
    var entry: String
    var access: TestMachine.Access
    var privilege: Privilege
    var options: String
    var isAllowed: Bool

    var testDescription: String { "\(access) of \(entry) as \(privilege) \(options)" }

    /// Lines of the form "entry privilege options: allowed accesses" (L, S, F).
    static func table(_ text: String) -> [PermissionCase] {
        text.split(separator: "\n").flatMap { line in
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            let words = parts[0].split(separator: " ").map(String.init)
            let allowed = parts[1]
            let kinds: [(Character, TestMachine.Access)] = [("L", .load), ("S", .store), ("F", .fetch)]
            return kinds.map { letter, access in
                PermissionCase(
                    entry: words[0], access: access, privilege: words[1] == "U" ? .user : .supervisor,
                    options: words.dropFirst(2).joined(separator: " "), isAllowed: allowed.contains(letter))
            }
        }
    }
}

@Suite struct MMUPermissionTests {
    private static let page: UInt64 = 0x12_3456_7000
    private static let target: UInt64 = 0x8002_0000
    private static let faults: [TestMachine.Access: UInt64] = [.load: 13, .store: 15, .fetch: 12]

    /// Privileged ISA 10.3.1 and 10.3.2 with 3.1.6.3 (MXR, SUM).
    private static let cases = PermissionCase.table(
        """
        RWXAD S:
        RWXUAD U:
        VRWXAD S: LSF
        VRWXAD U:
        VRWXUAD U: LSF
        VRWXUAD S:
        VRWXUAD S SUM: LS
        VRWXUAD U SUM: LSF
        VRAD S: L
        VRWAD S: LS
        VXAD S: F
        VXAD S MXR: LF
        VXAD S SUM: F
        VRXAD S: LF
        VWAD S:
        VWAD S MXR:
        VWXAD S:
        VWXAD S MXR:
        VWUAD U:
        VXUAD U: F
        VXUAD U MXR: LF
        VXUAD S MXR:
        VXUAD S MXR SUM: L
        VRUAD S SUM: L
        VRUAD U: L
        VAD S:
        V S:
        VRWX S: LSF
        VRWXA S: LSF
        VRWXG S: LSF
        VRWXUGAD U: LSF
        """)

    @Test(arguments: cases)
    func leafEntries(_ test: PermissionCase) throws {
        let machine = try TestMachine()
        machine.openProtection()
        var tables = PageTables(machine)
        let slot = tables.map(Self.page, to: Self.target, test.entry)
        let before = machine.word(slot)
        machine[.satp] = tables.satp()
        machine.place([Assembly.nop], at: Self.target + 8)
        machine.setStatus(MachineStatus.sum, test.options.contains("SUM"))
        machine.setStatus(MachineStatus.mxr, test.options.contains("MXR"))
        let outcome = machine.access(test.access, Self.page + 8, as: test.privilege)
        guard test.isAllowed else {
            #expect(outcome == .trap(cause: Self.faults[test.access]!, value: Self.page + 8))
            #expect(machine.word(slot) == before, "a fault changes no entry")
            return
        }
        if test.access == .load {
            #expect(outcome == .value(UInt64(Assembly.nop)))
        } else {
            #expect(outcome == .done)
        }
        // The machine sets A, and D on a store.
        let needed = PageTables.flags(test.access == .store ? "AD" : "A")
        #expect(machine.word(slot) == before.map { $0 | needed })
    }

    /// Bits 54 to 63 belong to extensions that the machine lacks.
    @Test(arguments: 54..<64)
    func reservedBits(_ bit: Int) throws {
        let machine = try TestMachine()
        machine.openProtection()
        var tables = PageTables(machine)
        let slot = tables.map(Self.page, to: Self.target, "VRWXAD")
        machine[.satp] = tables.satp()
        let entry = try #require(machine.word(slot))
        machine.setWord(slot, entry | 1 << UInt64(bit))
        #expect(machine.load(Self.page, as: .supervisor) == .trap(cause: 13, value: Self.page))
        let parent = tables.slot(Self.page, level: 1)
        machine.setWord(slot, entry)
        machine.setWord(parent, try #require(machine.word(parent)) | 1 << UInt64(bit))
        #expect(machine.load(Self.page, as: .supervisor) == .trap(cause: 13, value: Self.page))
    }

    /// Software bits 8 and 9 and G mean nothing here.
    @Test func softwareBitsAreIgnored() throws {
        let machine = try TestMachine()
        machine.openProtection()
        var tables = PageTables(machine)
        let slot = tables.map(Self.page, to: Self.target, "VRWXADG")
        machine.setWord(slot, try #require(machine.word(slot)) | 3 << 8)
        machine[.satp] = tables.satp()
        #expect(machine.load(Self.page, as: .supervisor) == .value(0))
    }

    /// A cached translation does not outlive a change of SUM or MXR, nor allow what its page forbids.
    @Test func statusChangesActAtOnce() throws {
        let machine = try TestMachine()
        machine.openProtection()
        var tables = PageTables(machine)
        let slot = tables.map(Self.page, to: Self.target, "VRUA")
        tables.map(Self.page + 0x1000, to: Self.target, "VXA")
        machine[.satp] = tables.satp()
        for _ in 0..<2 {
            machine.setStatus(MachineStatus.sum)
            #expect(machine.load(Self.page, as: .supervisor) == .value(0))
            #expect(machine.store(1, Self.page, as: .supervisor) == .trap(cause: 15, value: Self.page))
            machine.setStatus(MachineStatus.sum, false)
            #expect(machine.load(Self.page, as: .supervisor) == .trap(cause: 13, value: Self.page))
            machine.setStatus(MachineStatus.mxr)
            #expect(machine.load(Self.page + 0x1000, as: .supervisor) == .value(0))
            machine.setStatus(MachineStatus.mxr, false)
            let refused = Outcome.trap(cause: 13, value: Self.page + 0x1000)
            #expect(machine.load(Self.page + 0x1000, as: .supervisor) == refused)
        }
        #expect(machine.word(slot).map { $0 & PageTables.flags("D") } == 0)
    }

    /// A store after a load of a clean page still sets D.
    @Test func firstStoreSetsDirty() throws {
        let machine = try TestMachine()
        machine.openProtection()
        var tables = PageTables(machine)
        let slot = tables.map(Self.page, to: Self.target, "VRW")
        machine[.satp] = tables.satp()
        #expect(machine.load(Self.page, as: .supervisor) == .value(0))
        #expect(machine.word(slot).map { $0 & 0xff } == PageTables.flags("VRWA"))
        #expect(machine.store(7, Self.page, as: .supervisor) == .done)
        #expect(machine.word(slot).map { $0 & 0xff } == PageTables.flags("VRWAD"))
        #expect(machine.word(Self.target) == 7)
    }

    /// Atomics need write permission even where they only read; load-reserved needs to read.
    @Test func atomicsAreStores() throws {
        let machine = try TestMachine()
        machine.openProtection()
        var tables = PageTables(machine)
        tables.map(Self.page, to: Self.target, "VRAD")
        tables.map(Self.page + 0x1000, to: Self.target, "VXAD")
        machine[.satp] = tables.satp()
        machine[6] = Self.page
        #expect(machine.data(Assembly.amoaddD(5, 0, 6), .supervisor) == .trap(cause: 15, value: Self.page))
        #expect(machine.data(Assembly.lrD(5, 6), .supervisor) == .done)
        #expect(machine.data(Assembly.scD(5, 0, 6), .supervisor) == .trap(cause: 15, value: Self.page))
        machine[6] = Self.page + 0x1000
        #expect(machine.data(Assembly.lrW(5, 6), .supervisor) == .trap(cause: 13, value: Self.page + 0x1000))
    }
}
