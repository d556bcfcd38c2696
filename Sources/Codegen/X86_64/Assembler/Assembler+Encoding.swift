// Prefixes, ModRM, SIB, displacement and immediate of legacy-encoded instructions.
import MachineCore

/// The prefix and the opcode bytes of an instruction that is not VEX-encoded.
struct Opcode: BitwiseCopyable {
    /// The opcode bytes, the first in the low bits.
    let bytes: UInt64
    /// How many bits of `bytes` count.
    let bitCount: UInt64
    /// 0x66, 0xF2, 0xF3, or 0 for none.
    let prefix: UInt8

    /// An opcode of one byte.
    @inline(__always)
    static func one(_ byte: UInt8, prefix: UInt8 = 0) -> Opcode {
        Opcode(bytes: UInt64(byte), bitCount: 8, prefix: prefix)
    }

    /// An opcode of the map 0F.
    @inline(__always)
    static func two(_ byte: UInt8, prefix: UInt8 = 0) -> Opcode {
        Opcode(bytes: 0x0F | UInt64(byte) &<< 8, bitCount: 16, prefix: prefix)
    }

    /// A pair of opcodes, where the even one is for bytes and the next one for the other widths.
    @inline(__always)
    static func one(_ even: UInt8, _ width: AccessWidth) -> Opcode {
        .one(width == .byte ? even : even | 1, prefix: width == .half ? 0x66 : 0)
    }

    /// Such a pair in the map 0F.
    @inline(__always)
    static func two(_ even: UInt8, _ width: AccessWidth) -> Opcode {
        .two(width == .byte ? even : even | 1, prefix: width == .half ? 0x66 : 0)
    }
}

/// The constant at the end of an instruction.
struct Immediate: BitwiseCopyable {
    /// The constant in the low bytes.
    let bits: UInt64
    /// 0, 1, 2 or 4.
    let byteCount: Int

    static var none: Immediate { Immediate(bits: 0, byteCount: 0) }

    /// One byte.
    @inline(__always)
    static func byte(_ value: UInt8) -> Immediate { Immediate(bits: UInt64(value), byteCount: 1) }

    /// As many bytes as an instruction of `width` takes: at most four, which it sign-extends.
    @inline(__always)
    static func full(_ value: Int32, _ width: AccessWidth) -> Immediate {
        let byteCount = width == .byte ? 1 : width == .half ? 2 : 4
        return Immediate(bits: UInt64(UInt32(bitPattern: value)), byteCount: byteCount)
    }
}

/// Whether `value` is a sign-extended byte.
@inline(__always)
func fitsByte(_ value: Int32) -> Bool { value == Int32(Int8(truncatingIfNeeded: value)) }

/// Whether the low byte of a register is named only with a REX prefix: without one, the numbers 4 to 7
/// mean ah to bh (Intel SDM volume 2, 3.1.1.1).
@inline(__always)
func needsREX(_ register: UInt8, _ width: AccessWidth) -> Bool { width == .byte && register >= 4 }

extension Assembler {
    /// Two registers, or a register and an opcode extension, in ModRM.
    /// - Parameter rex: whether a REX prefix is needed even when it would say nothing.
    mutating func emit(
        _ opcode: Opcode, _ reg: UInt8, _ rm: UInt8, wide: Bool, rex: Bool = false,
        _ immediate: Immediate = .none
    ) {
        guard reserve() else { return }
        var (word, bits) = Self.prefixes(opcode, reg, index: 0, rm, wide: wide, rex: rex)
        let modRM = 0xC0 | (reg & 7) &<< 3 | rm & 7
        word |= UInt64(modRM) &<< bits
        bits &+= 8
        put(word, Int(truncatingIfNeeded: bits &>> 3))
        put(immediate.bits, immediate.byteCount)
    }

    /// A register, or an opcode extension, and memory.
    mutating func emit(
        _ opcode: Opcode, _ reg: UInt8, _ memory: MemoryOperand, wide: Bool, rex: Bool = false,
        _ immediate: Immediate = .none
    ) {
        guard reserve() else { return }
        let (index, base) = (memory.index?.rawValue ?? 0, memory.base.rawValue)
        let (word, bits) = Self.prefixes(opcode, reg, index: index, base, wide: wide, rex: rex)
        put(word, bits, reg, memory, immediate)
    }

    /// A register whose number is part of the opcode byte.
    @inline(__always)
    mutating func emitShort(_ opcode: UInt64, bitCount: UInt64, _ register: UInt8, wide: Bool) {
        guard reserve() else { return }
        let rex = (wide ? 0x48 : 0x40) | register &>> 3
        let word = opcode &+ UInt64(register & 7) &<< (bitCount &- 8)
        let bytes = Int(truncatingIfNeeded: bitCount &>> 3)
        if rex == 0x40 { put(word, bytes) } else { put(word &<< 8 | UInt64(rex), bytes &+ 1) }
    }

    /// Completes an instruction that begins with the `bits` low bits of `start`: ModRM, SIB,
    /// displacement and immediate.
    @inline(__always)
    mutating func put(
        _ start: UInt64, _ bits: UInt64, _ reg: UInt8, _ memory: MemoryOperand, _ immediate: Immediate
    ) {
        let base = memory.base.rawValue & 7
        let displacement = memory.displacement
        // The base numbers of rbp and r13 without a displacement mean something else.
        let isBare = displacement == 0 && base != 5
        let mode: UInt8 = isBare ? 0 : fitsByte(displacement) ? 0x40 : 0x80
        var word = start
        var count = bits
        // The base numbers of rsp and r12 mean "a SIB byte follows".
        if memory.index != nil || base == 4 {
            let index = (memory.index?.rawValue ?? 4) & 7
            let scale = UInt8(truncatingIfNeeded: memory.scale.trailingZeroBitCount)
            let modRM = mode | (reg & 7) &<< 3 | 4
            let sib = scale &<< 6 | index &<< 3 | base
            word |= (UInt64(modRM) | UInt64(sib) &<< 8) &<< count
            count &+= 16
        } else {
            let modRM = mode | (reg & 7) &<< 3 | base
            word |= UInt64(modRM) &<< count
            count &+= 8
        }
        put(word, Int(truncatingIfNeeded: count &>> 3))
        put(UInt64(UInt32(bitPattern: displacement)), mode == 0 ? 0 : mode == 0x40 ? 1 : 4)
        put(immediate.bits, immediate.byteCount)
    }

    /// Everything up to the opcode, and how many bits that is (Intel SDM volume 2, 2.1.1 and 2.2.1).
    @inline(__always)
    private static func prefixes(
        _ opcode: Opcode, _ reg: UInt8, index: UInt8, _ base: UInt8, wide: Bool, rex needsREX: Bool
    ) -> (UInt64, UInt64) {
        var word = UInt64(opcode.prefix)
        var bits: UInt64 = opcode.prefix == 0 ? 0 : 8
        let extensions = (reg &>> 3) &<< 2 | (index &>> 3) &<< 1 | base &>> 3
        let rex: UInt8 = (wide ? 0x48 : 0x40) | extensions
        if needsREX || rex != 0x40 {
            word |= UInt64(rex) &<< bits
            bits &+= 8
        }
        word |= opcode.bytes &<< bits
        return (word, bits &+ opcode.bitCount)
    }
}
