// Sv39 page tables for tests.
@testable import RISCV

/// Builds page tables in a machine's RAM (Privileged ISA 10.3 and 10.4).
struct PageTables {
    let machine: TestMachine
    let root: UInt64
    private var next: UInt64

    /// - Parameter root: the address of the first table; more follow it.
    init(_ machine: TestMachine, root: UInt64 = 0x8040_0000) {
        self.machine = machine
        self.root = root
        next = root + 4096
    }

    /// Bits of an entry by the manual's letters, for instance `VRWAD`.
    static func flags(_ letters: String) -> UInt64 {
        letters.reduce(0) { bits, letter in
            bits | 1 << UInt64("VRWXUGAD".firstIndex(of: letter)!.utf16Offset(in: "VRWXUGAD"))
        }
    }

    /// An entry that points to a table.
    static func pointer(to table: UInt64) -> UInt64 { (table >> 12) << 10 | 1 }

    private static func target(_ entry: UInt64) -> UInt64 { (entry >> 10) << 12 }

    private static func index(_ virtual: UInt64, _ level: UInt64) -> UInt64 {
        (virtual >> (12 + 9 * level)) & 511
    }

    /// The value for satp.
    func satp(space: UInt64 = 0) -> UInt64 { 8 << 60 | space << 44 | root >> 12 }

    /// Maps the page of `virtual` and gives the address of its entry. `level` 0 is a 4 KiB page, 1 a
    /// 2 MiB and 2 a 1 GiB superpage.
    @discardableResult
    mutating func map(
        _ virtual: UInt64, to physical: UInt64, _ letters: String, level: UInt64 = 0
    ) -> UInt64 {
        var table = root
        var current: UInt64 = 2
        while current > level {
            let slot = table + Self.index(virtual, current) * 8
            let entry = machine.word(slot) ?? 0
            if entry & 1 == 0 {
                machine.setWord(slot, Self.pointer(to: next))
                table = next
                next += 4096
            } else {
                table = Self.target(entry)
            }
            current -= 1
        }
        let slot = table + Self.index(virtual, level) * 8
        machine.setWord(slot, Self.pointer(to: physical) & ~1 | Self.flags(letters))
        return slot
    }

    /// The address of the entry of `virtual` at `level`, above which all is mapped.
    func slot(_ virtual: UInt64, level: UInt64) -> UInt64 {
        var table = root
        var current: UInt64 = 2
        while current > level {
            table = Self.target(machine.word(table + Self.index(virtual, current) * 8) ?? 0)
            current -= 1
        }
        return table + Self.index(virtual, level) * 8
    }
}
