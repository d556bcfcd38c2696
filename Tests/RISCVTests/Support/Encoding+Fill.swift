// Instructions made from the pictures of the encoding table.
@testable import RISCV

extension Encoding {
    /// The picture's bits that are operands.
    var operandMask: UInt32 { width == 32 ? ~mask : ~mask & 0xffff }

    /// The instruction with operand bits taken from `bits`; some bit of each field that may not be
    /// zero is set.
    func filled(_ bits: UInt32) -> UInt32 {
        let filled = match | bits & operandMask
        return nonzero != 0 && filled & nonzero == 0 ? filled | (nonzero & (~nonzero &+ 1)) : filled
    }

    func filled(_ random: inout RandomNumbers) -> UInt32 {
        filled(UInt32(truncatingIfNeeded: random.next()))
    }

    /// The bits of the picture that hold `letter`, in either case.
    func mask(of letter: Character) -> UInt32 {
        picture.filter { $0 != " " }.reduce(0) { $0 << 1 | ($1.lowercased() == String(letter) ? 1 : 0) }
    }

    /// The bits of one field that may be scattered, gathered.
    static func gather(_ bits: UInt32, _ mask: UInt32) -> UInt32 {
        (0..<32).reversed().reduce(0) { mask >> $1 & 1 == 1 ? $0 << 1 | bits >> $1 & 1 : $0 }
    }
}
