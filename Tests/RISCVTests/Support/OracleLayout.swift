// Where the parts of an oracle program lie, in our machine and under qemu alike.
@testable import RISCV

/// The address space of the oracle runs. Both sides execute the same bytes at the same addresses.
enum OracleLayout {
    static let base: UInt64 = 0x1000_0000
    static let byteCount: UInt64 = 0x2_0000
    /// What the base register holds; all accesses of a program lie in the window around it.
    static let center: UInt64 = base + 0x1000
    static let window: Range<UInt64> = (center - 2048)..<(center + 3088)
    static let control: UInt64 = base + 0x4000
    static let code: UInt64 = base + 0x8000
    /// Where our run ends: the return address that the program gets from us.
    static let stop: UInt64 = base + 0x7000
    static let codeLimit = 0x4000

    // Offsets in the control area: registers before and after, and what the caller needs back.
    static let inputX: Int32 = 0
    static let inputF: Int32 = 256
    static let inputFCSR: Int32 = 512
    static let inputCount = 520
    static let outputX: Int32 = 0x400
    static let outputF: Int32 = 0x500
    static let outputFCSR: Int32 = 0x600
    static let outputCount = 0x208
    static let saved: Int32 = 0x610
}

/// One generated program: registers, memory and the instructions between them.
struct OracleProgram {
    /// The register that holds the address of the window and that no instruction writes.
    var baseRegister: Int
    var x: [UInt64]
    var f: [UInt64]
    var fcsr: UInt64
    var window: [UInt8]
    /// The body in pieces that are only entered at their start.
    var units: [[UInt16]]

    /// The same program with all units from `count` on replaced by `c.nop`s.
    func prefix(_ count: Int) -> OracleProgram {
        var program = self
        for index in count..<units.count {
            program.units[index] = [UInt16](repeating: Assembly.compressedNop, count: units[index].count)
        }
        return program
    }

    /// The address of the first instruction of the body.
    var bodyStart: UInt64 { OracleLayout.code + UInt64(prologue.count * 2) }

    /// Instructions of some units with their addresses.
    func instructions(_ range: Range<Int>) -> [(address: UInt64, instruction: Instruction)] {
        var result: [(address: UInt64, instruction: Instruction)] = []
        var position = units[..<range.lowerBound].reduce(0) { $0 + $1.count }
        for unit in units[range] {
            var index = 0
            while index < unit.count {
                let isFull = unit[index] & 3 == 3
                let bits = UInt32(unit[index]) | (isFull ? UInt32(unit[index + 1]) << 16 : 0)
                result.append((bodyStart + UInt64((position + index) * 2), Instruction(decoding: bits)))
                index += isFull ? 2 : 1
            }
            position += unit.count
        }
        return result
    }

    // MARK: Code

    /// The whole program as bytes.
    var code: [UInt8] {
        (prologue + units.flatMap { $0 } + epilogue).flatMap { half in
            [UInt8(truncatingIfNeeded: half), UInt8(half >> 8)]
        }
    }

    private static let caller = 5

    /// Saves the caller's registers, drops any reservation and loads the program's registers.
    private var prologue: [UInt16] {
        let from = Self.caller
        var words = [Assembly.lui(from, Int32(OracleLayout.control))]
        for register in 1..<32 where register != from {
            words.append(Assembly.sd(register, OracleLayout.saved + Int32(register) * 8, from))
        }
        for register in 0..<32 {
            words.append(Assembly.fld(register, OracleLayout.inputF + Int32(register) * 8, from))
        }
        words += [Assembly.ld(6, OracleLayout.inputFCSR, from), Assembly.csrrw(0, 3, 6)]
        words.append(Assembly.scW(0, 0, from))
        words.append(Assembly.lui(baseRegister, Int32(OracleLayout.control)))
        for register in 1..<32 where register != baseRegister {
            words.append(Assembly.ld(register, OracleLayout.inputX + Int32(register) * 8, baseRegister))
        }
        words.append(Assembly.lui(baseRegister, Int32(OracleLayout.center)))
        return words.flatMap(Self.halves)
    }

    /// Stores the program's registers and gives the caller back its own.
    private var epilogue: [UInt16] {
        let from = baseRegister
        var words = [Assembly.lui(from, Int32(OracleLayout.control))]
        for register in 0..<32 where register != from {
            words.append(Assembly.sd(register, OracleLayout.outputX + Int32(register) * 8, from))
        }
        for register in 0..<32 {
            words.append(Assembly.fsd(register, OracleLayout.outputF + Int32(register) * 8, from))
        }
        let temporary = from == 5 ? 6 : 5
        words += [Assembly.csrrs(temporary, 3, 0), Assembly.sd(temporary, OracleLayout.outputFCSR, from)]
        let others = (1..<32).filter { $0 != from && $0 != Self.caller }
        for register in others + (from == Self.caller ? [] : [from]) {
            words.append(Assembly.ld(register, OracleLayout.saved + Int32(register) * 8, from))
        }
        return (words + [Assembly.ret()]).flatMap(Self.halves)
    }

    static func halves(_ word: UInt32) -> [UInt16] {
        word & 3 == 3 ? [UInt16(truncatingIfNeeded: word), UInt16(word >> 16)] : [UInt16(word)]
    }
}

/// What a program leaves behind.
struct OracleOutcome: Equatable {
    /// x0 to x31, f0 to f31 and fcsr.
    var registers: [UInt64]
    var window: [UInt8]
}
