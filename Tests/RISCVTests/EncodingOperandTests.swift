// Operands: what the letters of a picture hold is what decoding gives.
@testable import RISCV
import Testing

@Suite struct EncodingOperandTests {
    private static let tables = EncodingTable.full + EncodingTable.compressed

    /// The table's own choice for these bits; an earlier picture may be more specific.
    private func isChosen(_ encoding: Encoding, _ bits: UInt32) -> Bool {
        EncodingTable.lookup(bits)?.picture == encoding.picture
    }

    @Test(arguments: EncodingTable.full + EncodingTable.compressed)
    func registersAreWhereThePictureSays(_ encoding: Encoding) {
        var random = RandomNumbers(seed: UInt64(encoding.match))
        for _ in 0..<200 {
            let bits = encoding.filled(&random)
            guard isChosen(encoding, bits) else { continue }
            let decoded = Instruction(decoding: bits)
            #expect(decoded.operation == encoding.operation && decoded.bits == bits)
            #expect(decoded.length == (encoding.width == 32 ? 4 : 2))
            expect(decoded.rd, "d", encoding, bits)
            expect(decoded.rs1, "r", encoding, bits)
            expect(decoded.rs2, "s", encoding, bits)
            expect(decoded.rs3, "t", encoding, bits)
            expect(decoded.rounding, "m", encoding, bits)
        }
    }

    private func expect(_ value: UInt8, _ letter: Character, _ encoding: Encoding, _ bits: UInt32) {
        let mask = encoding.mask(of: letter)
        if mask == 0 { return }
        let field = Encoding.gather(bits, mask)
        // Three bits name one of x8 to x15; rounding modes have three bits too.
        let expected = mask.nonzeroBitCount == 3 && letter != "m" ? field + 8 : field
        #expect(UInt32(value) == expected, "\(letter) of \(String(bits, radix: 16)) in \(encoding.picture)")
    }

    /// Flipping any operand bit gives another record, and only ordering bits are not in it.
    @Test(arguments: EncodingTable.full + EncodingTable.compressed)
    func everyOperandBitCounts(_ encoding: Encoding) {
        var random = RandomNumbers(seed: UInt64(encoding.match) + 7)
        let ordering = encoding.mask(of: "o")
        for _ in 0..<20 {
            let bits = encoding.filled(&random)
            guard isChosen(encoding, bits) else { continue }
            for position in 0..<encoding.width where encoding.operandMask >> position & 1 == 1 {
                let other = bits ^ (1 << position)
                guard encoding.matches(other), isChosen(encoding, other) else { continue }
                var record = Instruction(decoding: other)
                record.bits = bits
                let isSame = record == Instruction(decoding: bits)
                #expect(isSame == (ordering >> position & 1 == 1), "bit \(position) of \(encoding.picture)")
            }
        }
    }

    /// Immediates of each format, placed by the mini assembler from the manual's figures.
    @Test func immediatesComeBack() {
        var random = RandomNumbers(seed: 3)
        for _ in 0..<2_000 {
            let value = Int32(truncatingIfNeeded: random.next())
            let small = value >> 20
            #expect(Instruction(decoding: Assembly.addi(5, 6, small)).immediate == small)
            #expect(Instruction(decoding: Assembly.sd(5, small, 6)).immediate == small)
            #expect(Instruction(decoding: Assembly.lui(5, value)).immediate == value & ~0xfff)
            #expect(Instruction(decoding: Assembly.beq(5, 6, small * 2)).immediate == small * 2)
            let jump = (value >> 12) & ~1
            #expect(Instruction(decoding: Assembly.jal(5, jump)).immediate == jump)
        }
    }
}
