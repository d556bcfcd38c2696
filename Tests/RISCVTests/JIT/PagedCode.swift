// Supervisor code under address translation on both engines: memory maps for hand-written tests.
import MachineCore
@testable import RISCV

/// Two machines with page tables, in supervisor mode. Traps go to machine mode, which notes them and skips
/// the instruction.
struct PagedCode {
    let pair: HartPair
    /// The tables of both machines, for each address space.
    private var tables: [[PageTables]] = []

    /// Where the virtual pages of the tests are.
    static let virtual: UInt64 = 0x4000_0000
    /// A frame of RAM for each of them.
    static func frame(_ number: Int) -> UInt64 { TestMachine.data + UInt64(number) * 4096 }
    static func page(_ number: Int) -> UInt64 { virtual + UInt64(number) * 4096 }
    /// Where the trap handler writes down what happened: 4 words for each trap.
    private static let notes: UInt64 = 0x8000_6000

    private static let handler: [UInt32] = [
        Assembly.csrrw(31, CSR.mscratch.rawValue, 31), Assembly.csrrs(30, CSR.mcause.rawValue, 0),
        Assembly.sd(30, 0, 31), Assembly.csrrs(30, CSR.mtval.rawValue, 0), Assembly.sd(30, 8, 31),
        Assembly.csrrs(30, CSR.mepc.rawValue, 0), Assembly.sd(30, 16, 31), Assembly.addi(31, 31, 32),
        // A fetch that fails ends the call: x1 is where it came from.
        Assembly.csrrs(29, CSR.mcause.rawValue, 0), Assembly.addi(29, 29, -12), Assembly.addi(30, 30, 4),
        Assembly.b(1, 29, 0, 8), Assembly.addi(30, 1, 0), Assembly.csrrw(0, CSR.mepc.rawValue, 30),
        Assembly.csrrw(31, CSR.mscratch.rawValue, 31), Assembly.mret,
    ]

    /// - Parameters:
    ///   - global: the code at the start of RAM is mapped in all address spaces alike.
    ///   - spaces: how many address spaces there are; the first is in use.
    init(global: Bool = true, spaces: Int = 1) throws {
        pair = try HartPair(byteCount: 1 << 20)
        let letters = global ? "VRWXADG" : "VRWXAD"
        for space in 0..<spaces {
            let root = 0x8008_0000 + UInt64(space) * 0x1_0000
            var both = [pair.precise, pair.fast].map { PageTables($0, root: root) }
            for index in both.indices {
                for page in 0..<16 {
                    let address = TestMachine.code + UInt64(page) * 4096
                    both[index].map(address, to: address, letters)
                }
                // The page tables themselves.
                both[index].map(0x8000_0000 + 0x20_0000, to: 0x8000_0000, "VRWAD" + (global ? "G" : ""), level: 1)
            }
            tables.append(both)
        }
        pair.forBoth { machine in
            machine.openProtection()
            machine[.mtvec] = TestMachine.machineHandler
            machine[.mscratch] = Self.notes
            machine.place(Self.handler, at: TestMachine.machineHandler)
        }
        use(space: 0)
    }

    /// Maps a page in an address space, on both machines.
    /// - Returns: the physical address of its entry.
    @discardableResult
    mutating func map(_ page: Int, to frame: Int, _ letters: String, space: Int = 0) -> UInt64 {
        var slot: UInt64 = 0
        for index in tables[space].indices {
            slot = tables[space][index].map(Self.page(page), to: Self.frame(frame), letters)
        }
        return slot
    }

    /// Where supervisor code reaches the page-table entry at `slot`.
    static func window(_ slot: UInt64) -> UInt64 { slot + 0x20_0000 }

    /// The entry for `frame`.
    static func entry(_ frame: Int, _ letters: String) -> UInt64 {
        PageTables.pointer(to: Self.frame(frame)) & ~1 | PageTables.flags(letters)
    }

    func satp(_ space: Int) -> UInt64 { tables[space][0].satp(space: UInt64(space + 1)) }

    func use(space: Int) { pair.forBoth { $0[.satp] = satp(space) } }

    /// Puts instructions at an offset in a frame.
    func place(_ words: [UInt32], frame: Int, _ offset: Int = 0) {
        pair.forBoth { $0.place(words, at: Self.frame(frame) + UInt64(offset)) }
    }

    func place(half: UInt16, frame: Int, _ offset: Int) {
        pair.forBoth { _ = $0.memory.store(half, at: Self.frame(frame) + UInt64(offset)) }
    }

    /// Goes to the start of RAM in supervisor mode, and puts `words` there.
    func start(_ words: [UInt32], _ registers: [Int: UInt64] = [:]) {
        pair.forBoth { machine in
            machine.place(words)
            for (register, value) in registers { machine[register] = value }
            machine.hart.state.pointee.privilege = Privilege.supervisor.rawValue
            machine.hart.selectTranslationSets()
            machine.pc = TestMachine.code
        }
    }

    /// The causes of the traps so far.
    var causes: [UInt64] {
        (0..<100).map { pair.precise.word(Self.notes + UInt64($0) * 32) ?? 0 }.filter { $0 != 0 }
    }
}
