// Random programs for the semantics oracle: every user-level encoding, in well-behaved pieces.
@testable import RISCV

/// Makes programs that stay in their window of memory, only jump forward and never trap.
struct OracleGenerator {
    /// The encodings of user-level operations. `ecall` and `ebreak` leave the program, and the oracle
    /// does not know `cbo.zero`.
    static let encodings: [Encoding] = (EncodingTable.full + EncodingTable.compressed).filter {
        ![.ecall, .ebreak, .sret, .mret, .wfi, .sfence_vma, .cbo_zero, .illegal].contains($0.operation)
    }

    private var random: RandomNumbers
    private var baseRegister = 1
    private var unitCount: Int
    /// Jumps whose offset is set when all units are known: where they are, and how many units on.
    private var jumps: [(unit: Int, patch: JumpPatch, skip: Int)] = []

    /// How the offset of a jump is written into its unit.
    private enum JumpPatch {
        /// The last instruction is a branch or a jump relative to itself.
        case branch, jal, compressedBranch, compressedJump
        /// The first is `auipc`, and the instruction at this halfword adds the offset from there.
        case indirect(Int, odd: Bool)
    }

    init(seed: UInt64, unitCount: Int = 80) {
        random = RandomNumbers(seed: seed)
        self.unitCount = unitCount
    }

    mutating func program() -> OracleProgram {
        baseRegister = 1 + random.below(31)
        jumps = []
        var units: [[UInt16]] = []
        while units.count < unitCount {
            if let unit = unit(for: random.pick(Self.encodings), at: units.count) {
                units.append(unit.flatMap(OracleProgram.halves))
            }
        }
        resolveJumps(&units)
        let window = (0..<OracleLayout.window.count / 8).flatMap { _ in
            let value = random.oneIn(2) ? OracleValues.integer(&random) : OracleValues.float(&random)
            return (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
        }
        return OracleProgram(
            baseRegister: baseRegister, x: (0..<32).map { _ in OracleValues.integer(&random) },
            f: (0..<32).map { _ in OracleValues.float(&random) },
            fcsr: UInt64(random.below(5)) << 5 | random.next() & 31, window: window, units: units)
    }

    // MARK: Units

    /// Instructions that end in one of `encoding`; nil when the bits that came up do not do.
    private mutating func unit(for encoding: Encoding, at index: Int) -> [UInt32]? {
        var bits = encoding.filled(&random)
        guard EncodingTable.lookup(bits)?.picture == encoding.picture else { return nil }
        switch encoding.operation {
        case .csrrw, .csrrs, .csrrc, .csrrwi, .csrrsi, .csrrci:
            return controlRegisterUnit(bits)
        case .beq, .bne, .blt, .bge, .bltu, .bgeu, .jal, .jalr:
            return jumpUnit(encoding, bits, at: index)
        default:
            break
        }
        let isAtomic = bits & 0x7f == 0x2f
        if encoding.isMemoryAccess, encoding.width == 32, random.oneIn(3) {
            bits = bits & ~(31 << 15) | UInt32(baseRegister) << 15
        }
        let decoded = Instruction(decoding: bits)
        if decoded.rd == baseRegister || decoded.rounding == 5 || decoded.rounding == 6 { return nil }
        guard encoding.isMemoryAccess else { return workaround(decoded) + [bits] }
        let base = Int(decoded.rs1)
        if base == 0 { return nil }
        let isAligned = isAtomic || random.oneIn(2)
        let setup = address(in: base, mask: isAligned ? 0x3f8 : 0x3ff)
        if [.lr_w, .lr_d, .sc_w, .sc_d].contains(encoding.operation) {
            return setup + reservation(bits, decoded)
        }
        return setup + [bits]
    }

    /// qemu 7.2 looks at all 64 bits in `ctzw` (mended in 8.0), so the upper half is made to agree with
    /// the lower one. `OracleGapTests` has the case that this leaves out.
    private func workaround(_ decoded: Instruction) -> [UInt32] {
        guard decoded.operation == .ctzw else { return [] }
        let source = Int(decoded.rs1)
        return source == baseRegister ? [] : [Assembly.addiw(source, source, 0)]
    }

    /// Makes register `base` point into the window, unless it always does.
    private mutating func address(in base: Int, mask: Int32) -> [UInt32] {
        if base == baseRegister { return [] }
        return [Assembly.andi(base, random.below(32), mask), Assembly.add(base, base, baseRegister)]
    }

    /// A load-reserved and a store-conditional of the same width and address, perhaps with a store to
    /// the address or a lone store-conditional in between.
    private mutating func reservation(_ bits: UInt32, _ decoded: Instruction) -> [UInt32] {
        let isDouble = [.lr_d, .sc_d].contains(decoded.operation)
        let isReserve = [.lr_w, .lr_d].contains(decoded.operation)
        let base = Int(decoded.rs1)
        let free = (1..<32).filter { $0 != base && $0 != baseRegister }
        let (loaded, stored) = (random.pick(free), random.pick(free))
        let reserve = isDouble ? Assembly.lrD(loaded, base) : Assembly.lrW(loaded, base)
        let conditional = isDouble ? Assembly.scD(stored, loaded, base) : Assembly.scW(stored, loaded, base)
        let store = isDouble ? Assembly.sd(stored, 0, base) : Assembly.sw(stored, 0, base)
        if isReserve {
            // The destination must not be the address.
            let first = Int(decoded.rd) == base ? reserve : bits
            return random.oneIn(3) ? [first, store, conditional] : [first, conditional]
        }
        switch random.below(4) {
        case 0: return [bits]
        case 1: return [reserve, store, bits]
        default: return [reserve, bits]
        }
    }

    /// An access to fflags, frm or fcsr that leaves a valid rounding mode.
    private mutating func controlRegisterUnit(_ bits: UInt32) -> [UInt32]? {
        let csr = UInt32(1 + random.below(3))
        let (destination, source) = (Int(bits >> 7 & 31), Int(bits >> 15 & 31))
        let kind = bits >> 12 & 7
        if destination == baseRegister { return nil }
        var instruction = bits & 0x000f_ffff | csr << 20
        func replaceSource(_ value: Int) { instruction = instruction & ~(31 << 15) | UInt32(value) << 15 }
        let touchesMode = csr != 1
        guard touchesMode, kind & 3 != 3 else { return [instruction] }
        if kind >= 5 {
            // Immediates reach the mode in frm only.
            if csr == 2 { replaceSource(kind == 5 ? random.below(5) : 0) }
            return [instruction]
        }
        if kind == 2 && csr == 2 {
            replaceSource(0)
            return [instruction]
        }
        // A register whose value keeps the mode in range: 0 to 3, or 0 and 4.
        if source == 0 || source == baseRegister { return nil }
        let mask: Int32 = kind == 2 ? 0x1f : csr == 2 ? 3 : random.pick([0x7f, 0x9f])
        return [Assembly.andi(source, random.below(32), mask), instruction]
    }

    // MARK: Jumps

    private mutating func jumpUnit(_ encoding: Encoding, _ filled: UInt32, at index: Int) -> [UInt32]? {
        var bits = filled & ~encoding.mask(of: "i")
        let decoded = Instruction(decoding: filled)
        if decoded.rd == baseRegister { return nil }
        let isFull = encoding.width == 32
        if encoding.operation == .jalr { return indirectJump(bits, decoded, at: index) }
        let isJump = encoding.operation == .jal
        if isFull && !isJump && random.oneIn(4) {
            // Equal operands.
            bits = bits & ~(31 << 20) | UInt32(decoded.rs1) << 20
        }
        let patch: JumpPatch =
            isFull ? (isJump ? .jal : .branch) : (isJump ? .compressedJump : .compressedBranch)
        jumps.append((index, patch, 1 + random.below(5)))
        return [bits]
    }

    private mutating func indirectJump(_ bits: UInt32, _ decoded: Instruction, at index: Int) -> [UInt32]? {
        let register = Int(decoded.rs1)
        if register == 0 || register == baseRegister { return nil }
        jumps.append((index, .indirect(2, odd: random.oneIn(2)), 1 + random.below(5)))
        let start = Assembly.auipc(register, 0)
        return decoded.length == 4 ? [start, bits] : [start, Assembly.addi(register, register, 0), bits]
    }

    private func resolveJumps(_ units: inout [[UInt16]]) {
        var starts = [0]
        for unit in units { starts.append(starts[starts.count - 1] + unit.count * 2) }
        for jump in jumps {
            let target = starts[min(jump.unit + jump.skip, units.count)]
            let offset = Int32(target - starts[jump.unit])
            apply(jump.patch, offset, &units[jump.unit])
        }
    }

    private func apply(_ patch: JumpPatch, _ offset: Int32, _ unit: inout [UInt16]) {
        switch patch {
        case .branch: set(Assembly.branchOffset(offset), at: 0, &unit)
        case .jal: set(Assembly.jumpOffset(offset), at: 0, &unit)
        case .compressedBranch: set(Assembly.compressedBranchOffset(offset), at: 0, &unit)
        case .compressedJump: set(Assembly.compressedJumpOffset(offset), at: 0, &unit)
        case .indirect(let position, let odd):
            // An odd target is made even.
            set(UInt32(offset | (odd ? 1 : 0)) << 20, at: position, &unit)
        }
    }

    private func set(_ bits: UInt32, at position: Int, _ unit: inout [UInt16]) {
        unit[position] |= UInt16(truncatingIfNeeded: bits)
        if unit[position] & 3 == 3 { unit[position + 1] |= UInt16(bits >> 16) }
    }
}

extension Encoding {
    /// The address of a load, store or atomic comes from rs1.
    var isMemoryAccess: Bool {
        let loads: [Operation] = [.lb, .lh, .lw, .ld, .lbu, .lhu, .lwu, .flw, .fld]
        let stores: [Operation] = [.sb, .sh, .sw, .sd, .fsw, .fsd]
        let isAtomic = width == 32 && match & 0x7f == 0x2f
        return isAtomic || loads.contains(operation) || stores.contains(operation)
    }
}
