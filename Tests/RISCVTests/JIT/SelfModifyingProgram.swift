// Random loops that write over their own code, with every kind of store.
import MachineCore
@testable import RISCV

/// A loop whose instructions replace each other. After 64 rounds a routine copies the original back.
struct SelfModifyingProgram {
    /// Where the loop begins; most loops reach into a second page.
    let start: UInt64
    private let loop: [UInt32]
    /// What is written: whole instructions, halves of some, and nonsense.
    private let table: [UInt32]

    private static let tableAddress = TestMachine.data
    private static let copyAddress = TestMachine.data + 0x1000
    /// The page of the routines that write the loop from outside.
    private static let routines: UInt64 = 0x8000_6000

    // Registers with a role. The others from x10 to x17 are for arithmetic.
    private static let tableRegister = 5
    private static let loopRegister = 6
    private static let scratch = 7
    private static let values = [18, 19, 20, 21]
    private static let addressRegister = 22
    private static let endRegister = 26
    private static let counter = 28

    init(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        start = 0x8000_3000 + random.pick([0x0, 0xfc0, 0xf80, 0xf22, 0xefe])
        let slotCount = 24 + random.below(40)
        var slots: [UInt32] = []
        while slots.count < slotCount { slots += Self.piece(slotCount, &random) }
        table = (0..<64).map { _ in Self.replacement(slotCount, &random) }
        loop = slots + Self.ending(at: start, count: slots.count)
    }

    // MARK: Code

    /// Counts, and goes round; every 64th time by way of the routine that restores the loop.
    private static func ending(at start: UInt64, count: Int) -> [UInt32] {
        let back = Int32(-4 * count)
        let toRoutine = Int32(Int64(routines) - Int64(start)) + back - 12
        return [
            Assembly.addi(counter, counter, 1), Assembly.andi(scratch, counter, 63),
            Assembly.b(1, scratch, 0, back - 8), Assembly.jal(1, toRoutine), Assembly.jal(0, back - 16),
        ]
    }

    private static func piece(_ count: Int, _ random: inout RandomNumbers) -> [UInt32] {
        switch random.below(12) {
        case 0...4: return [arithmetic(&random)]
        case 5: return [Assembly.lw(random.pick(values), Int32(random.below(64)) * 4, tableRegister)]
        case 6: return [Assembly.b(random.pick([0, 1, 4, 6]), 10 + random.below(8), 10 + random.below(8), 8)]
        case 7: return random.oneIn(3) ? [Assembly.fenceI] : [arithmetic(&random)]
        case 8: return rarely(4, store(count, &random), &random)
        default: return rarely(random.pick([16, 64, 256, 1024]), store(count, &random), &random)
        }
    }

    /// `body`, in one round of `period`.
    private static func rarely(_ period: Int, _ body: [UInt32], _ random: inout RandomNumbers) -> [UInt32] {
        let mask = Int32(period - 1)
        let guarded = [Assembly.addi(scratch, counter, Int32(random.below(64)))]
            + [Assembly.andi(scratch, scratch, mask), Assembly.b(1, scratch, 0, Int32(4 + body.count * 4))]
        return guarded + body + (random.oneIn(4) ? [Assembly.fenceI] : [])
    }

    private static func arithmetic(_ random: inout RandomNumbers) -> UInt32 {
        let (rd, a, b) = (10 + random.below(8), 10 + random.below(8), 10 + random.below(8))
        switch random.below(5) {
        case 0: return Assembly.addi(rd, a, Int32(random.below(4096)) - 2048)
        case 1: return Assembly.slli(rd, a, Int32(random.below(64)))
        case 2: return Assembly.r(0x33, 0, 1, rd, a, b)
        default: return Assembly.r(0x33, random.pick([0, 3, 4, 6]), 0, rd, a, b)
        }
    }

    /// Writes somewhere into the loop: often near, so that it meets the block that runs.
    private static func store(_ count: Int, _ random: inout RandomNumbers) -> [UInt32] {
        let slot = Int32(random.below(count + 5)) * 4
        let value = random.pick(values)
        let toAddress = Assembly.addi(addressRegister, loopRegister, slot)
        switch random.below(12) {
        case 0: return [Assembly.s(0x23, 0, loopRegister, value, slot + Int32(random.below(4)))]
        case 1: return [Assembly.s(0x23, 1, loopRegister, value, slot + Int32(random.below(3)))]
        case 2: return [Assembly.sd(value, slot, loopRegister)]
        case 3: return [Assembly.sd(value, slot + 2, loopRegister)]
        case 4: return [toAddress, Assembly.r(0x2f, 2, 1 << 2, 0, addressRegister, value)]
        case 5: return [toAddress, Assembly.lrW(23, addressRegister), Assembly.scW(23, value, addressRegister)]
        case 6: return [Assembly.s(0x27, 2, loopRegister, 1 + random.below(4), slot)]
        case 7 where random.oneIn(4): return [toAddress, Assembly.cboZero(addressRegister)]
        case 7: return [Assembly.sw(0, slot, loopRegister)]
        case 8: return [toAddress, Assembly.r(0x2f, 3, 0, 11, addressRegister, 0)]
        default: return [Assembly.sw(value, slot, loopRegister)]
        }
    }

    private static func replacement(_ count: Int, _ random: inout RandomNumbers) -> UInt32 {
        switch random.below(16) {
        case 0: return Assembly.fenceI
        case 1: return Assembly.jal(0, 8)
        case 2: return Assembly.beq(10, 11, 8)
        case 3: return 0x0001_0001
        // Twice c.addi a0, 1.
        case 4: return 0x0505_0505
        case 5: return 0
        case 6: return Assembly.ebreak
        case 7: return Assembly.sw(random.pick(values), Int32(random.below(count)) * 4, loopRegister)
        case 8: return UInt32(truncatingIfNeeded: random.next())
        default: return arithmetic(&random)
        }
    }

    /// Copies the original over the loop.
    private var routine: [UInt32] {
        let (from, to) = (29, 30)
        return [
            Assembly.lui(from, Int32(truncatingIfNeeded: Self.copyAddress)), Assembly.slli(from, from, 32),
            Assembly.r(0x13, 5, 0, from, from, 32 & 31) | 1 << 25, Assembly.addi(to, Self.loopRegister, 0),
            Assembly.lw(Self.scratch, 0, from), Assembly.sw(Self.scratch, 0, to), Assembly.addi(from, from, 4),
            Assembly.addi(to, to, 4), Assembly.b(6, to, Self.endRegister, -16), Assembly.ret(),
        ]
    }

    /// Goes on behind the instruction that trapped, if that is in the loop, and else at its start.
    private static let handler: [UInt32] = [
        Assembly.csrrs(31, CSR.mepc.rawValue, 0), Assembly.addi(31, 31, 4),
        Assembly.b(6, 31, loopRegister, 8), Assembly.b(6, 31, endRegister, 8),
        Assembly.addi(31, loopRegister, 0), Assembly.csrrw(0, CSR.mepc.rawValue, 31), Assembly.mret,
    ]

    // MARK: Running

    func load(into machine: TestMachine) {
        machine.hart.reset()
        _ = machine.memory.write([UInt8](repeating: 0, count: 0x2_0000), at: TestMachine.code)
        machine.setStatus(MachineStatus.fs)
        machine[.mtvec] = TestMachine.machineHandler
        machine.place(Self.handler, at: TestMachine.machineHandler)
        machine.place(loop, at: start)
        machine.place(loop, at: Self.copyAddress)
        machine.place(table, at: Self.tableAddress)
        machine.place(routine, at: Self.routines)
        machine[Self.tableRegister] = Self.tableAddress
        machine[Self.loopRegister] = start
        machine[Self.endRegister] = start + UInt64(loop.count * 4)
        for register in 10..<18 { machine[register] = UInt64(register) &* 0x9e37_79b9_7f4a_7c15 }
        for register in 1...4 {
            machine.hart.state.pointee.f[register] = 0xffff_ffff_0000_0000 | UInt64(table[register])
        }
        machine.pc = start
    }
}
