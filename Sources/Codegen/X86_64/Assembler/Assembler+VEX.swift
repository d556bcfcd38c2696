// The VEX prefix: vector instructions and the three-operand integer ones.

/// Which opcodes a VEX-encoded byte chooses from (Intel SDM volume 2, 2.3.5).
enum VEXMap: UInt8 {
    case map0F = 1
    case map0F38 = 2
    case map0F3A = 3
}

/// The prefix that is folded into VEX.
enum VEXPrefix: UInt8 {
    case none = 0
    case p66 = 1
    case pF3 = 2
    case pF2 = 3
}

/// The opcode of a VEX-encoded instruction on 128 bits, scalars or general registers (VEX.L = 0).
struct VEXOpcode: BitwiseCopyable {
    let byte: UInt8
    let map: UInt8
    let prefix: UInt8
    /// VEX.W.
    let wide: Bool

    @inline(__always)
    init(_ prefix: VEXPrefix, _ map: VEXMap, _ byte: UInt8, wide: Bool = false) {
        self.byte = byte
        self.map = map.rawValue
        self.prefix = prefix.rawValue
        self.wide = wide
    }

    /// By the bits of the encoding.
    init(prefix: UInt8, map: UInt8, _ byte: UInt8, wide: Bool) {
        self.byte = byte
        self.map = map
        self.prefix = prefix
        self.wide = wide
    }
}

extension Assembler {
    /// Three registers: ModRM.reg, VEX.vvvv (0 when unused, which is stored inverted) and ModRM.rm.
    mutating func emit(
        _ opcode: VEXOpcode, _ reg: UInt8, _ second: UInt8, _ rm: UInt8, _ immediate: Immediate = .none
    ) {
        guard reserve() else { return }
        var (word, bits) = Self.vex(opcode, reg, second, index: 0, rm)
        let modRM = 0xC0 | (reg & 7) &<< 3 | rm & 7
        word |= UInt64(modRM) &<< bits
        bits &+= 8
        put(word, Int(truncatingIfNeeded: bits &>> 3))
        put(immediate.bits, immediate.byteCount)
    }

    /// Two registers and memory.
    mutating func emit(
        _ opcode: VEXOpcode, _ reg: UInt8, _ second: UInt8, _ memory: MemoryOperand,
        _ immediate: Immediate = .none
    ) {
        guard reserve() else { return }
        let index = memory.index?.rawValue ?? 0
        let (word, bits) = Self.vex(opcode, reg, second, index: index, memory.base.rawValue)
        put(word, bits, reg, memory, immediate)
    }

    /// The VEX prefix and the opcode byte, and how many bits they have (Intel SDM volume 2, 2.3.5). The
    /// short form has no place for X, B, W and the map.
    @inline(__always)
    private static func vex(
        _ opcode: VEXOpcode, _ reg: UInt8, _ second: UInt8, index: UInt8, _ base: UInt8
    ) -> (UInt64, UInt64) {
        let low = (~second & 15) &<< 3 | opcode.prefix
        let notR = (~reg & 8) &<< 4
        if (index | base) & 8 == 0, !opcode.wide, opcode.map == VEXMap.map0F.rawValue {
            return (0xC5 | UInt64(notR | low) &<< 8 | UInt64(opcode.byte) &<< 16, 24)
        }
        let middle = notR | (~index & 8) &<< 3 | (~base & 8) &<< 2 | opcode.map
        let last = low | (opcode.wide ? 0x80 : 0)
        return (
            0xC4 | UInt64(middle) &<< 8 | UInt64(last) &<< 16 | UInt64(opcode.byte) &<< 24, 32
        )
    }
}
