// Which status flags the manual leaves undefined (Intel SDM volume 2, under each instruction).

@testable import X86

extension Instruction {
    /// The status flags that say nothing after this instruction with this count in CL.
    func undefinedFlags(count cl: UInt8) -> UInt64 {
        let (sign, zero, adjust, parity) = (RFlags.sign, RFlags.zero, RFlags.adjust, RFlags.parity)
        let overflow = RFlags.overflow
        switch operation {
        case .and, .or, .xor, .test: return adjust
        case .mul, .imul: return sign | zero | adjust | parity
        case .div, .idiv: return RFlags.status
        case .bsf, .bsr: return RFlags.status & ~zero
        case .bt, .bts, .btr, .btc: return overflow | sign | adjust | parity
        case .tzcnt, .lzcnt: return overflow | sign | adjust | parity
        case .andn, .blsr, .blsi, .blsmsk, .bzhi: return adjust | parity
        case .bextr: return adjust | parity | sign
        case .shl, .shr, .sar: return undefinedOfShift(count: shiftCount(b, cl), bits: a.width * 8)
        case .shld, .shrd: return undefinedOfShift(count: shiftCount(c, cl), bits: a.width * 8)
        case .rol, .ror, .rcl, .rcr: return shiftCount(b, cl) == 1 ? 0 : overflow
        default: return 0
        }
    }

    func shiftCount(_ operand: Operand, _ cl: UInt8) -> UInt8 {
        let count = operand.kind == .immediate ? UInt8(truncatingIfNeeded: immediate) : cl
        return count & (a.width == 8 ? 63 : 31)
    }

    private func undefinedOfShift(count: UInt8, bits: UInt8) -> UInt64 {
        if count == 0 { return 0 }
        return RFlags.adjust | (count > 1 ? RFlags.overflow : 0) | (count >= bits ? RFlags.carry : 0)
    }
}
