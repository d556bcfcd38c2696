// Much code that is entered in no order: for a code cache that is too small for it.
import MachineCore
@testable import RISCV

/// Functions of 32 instructions, each of which goes on in another one, chosen by a random number in x28: near
/// by a branch, far by a computed jump. Some write into others.
struct WanderingProgram {
    static let base: UInt64 = 0x8010_0000
    static let functionCount = 8192
    /// RAM for it.
    static let byteCount: UInt64 = 2 << 20

    private let code: [UInt32]

    // Registers with a role; the others from x10 to x17 are for arithmetic.
    private static let (baseRegister, scratch, state) = (6, 7, 28)
    private static let (multiplier, functionMask, replacement) = (29, 30, 31)

    init(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        code = (0..<Self.functionCount).flatMap { Self.function($0, &random) }
    }

    private static func function(_ index: Int, _ random: inout RandomNumbers) -> [UInt32] {
        var words: [UInt32] = []
        // A third of the functions put a random instruction into another one.
        if random.oneIn(3) {
            words += choose(shift: 12 + random.below(8))
            words += [Assembly.sw(replacement, Int32(5 + random.below(13)) * 4, scratch)]
            words += [Assembly.addi(10, 10, 1)]
        }
        while words.count < 20 { words.append(arithmetic(&random)) }
        words += [
            Assembly.r(0x33, 0, 1, state, state, multiplier), Assembly.addi(state, state, 0x5b1),
            Assembly.r(0x13, 5, 0, scratch, state, 0) | 40 << 20, Assembly.andi(scratch, scratch, 3),
        ]
        // Half of the way stays in the page: such jumps are linked.
        let target = (random.below(32) - index % 32) * 128 - words.count * 4
        words += [Assembly.b(6, scratch, 11, Int32(target))]
        words += choose(shift: 33)
        words += [Assembly.jalr(0, 0, scratch)]
        return words + [UInt32](repeating: Assembly.nop, count: 32 - words.count)
    }

    /// The address of a function chosen by bits of the state, in the scratch register.
    private static func choose(shift: Int) -> [UInt32] {
        [
            Assembly.r(0x13, 5, 0, scratch, state, 0) | UInt32(shift) << 20,
            Assembly.r(0x33, 7, 0, scratch, scratch, functionMask),
            Assembly.add(scratch, scratch, baseRegister),
        ]
    }

    private static func arithmetic(_ random: inout RandomNumbers) -> UInt32 {
        let (rd, a, b) = (12 + random.below(6), 10 + random.below(8), 10 + random.below(8))
        switch random.below(6) {
        case 0: return Assembly.addi(rd, a, Int32(random.below(4096)) - 2048)
        case 1: return Assembly.slli(rd, a, Int32(random.below(64)))
        case 2: return Assembly.ld(rd, Int32(random.below(64)) * 8, 5)
        case 3: return Assembly.sd(a, Int32(random.below(64)) * 8, 5)
        default: return Assembly.r(0x33, random.pick([0, 4, 6, 7]), 0, rd, a, b)
        }
    }

    func load(into machine: TestMachine) {
        machine.hart.reset()
        machine.place(code, at: Self.base)
        machine[5] = 0x8000_8000
        machine[Self.baseRegister] = Self.base
        machine[Self.multiplier] = 0xd134_2543_de82_ef95
        machine[Self.functionMask] = UInt64(Self.functionCount - 1) * 128
        machine[Self.replacement] = UInt64(Assembly.addi(13, 14, 77))
        machine[Self.state] = 1
        // How many of four values go the near way.
        machine[11] = 2
        machine.pc = Self.base
    }
}
