// Decoding and disassembly against GNU objdump: what is an instruction, and what it says.
@testable import RISCV
import Testing

@Suite struct DisassemblerOracleTests {
    /// Every 16-bit word.
    @Test func everyCompressedInstructionMatchesObjdump() throws {
        let words = (0..<65536).map { UInt32($0) }.filter { $0 & 3 != 3 }
        try compare(words, byteCount: 2, allowed: AllowedDifference.compressed)
    }

    /// Every encoding filled at random and with one fixed bit flipped, every combination of function
    /// fields, and random words in every major opcode.
    @Test func fullInstructionsMatchObjdump() throws {
        var random = RandomNumbers(seed: 0xd15a)
        var words: [UInt32] = []
        for encoding in EncodingTable.full {
            for _ in 0..<2_000 { words.append(encoding.filled(&random)) }
            for bit in 2..<32 where encoding.mask >> bit & 1 == 1 {
                for _ in 0..<10 { words.append(encoding.filled(&random) ^ 1 << bit) }
            }
        }
        for opcode: UInt32 in [0x13, 0x1b, 0x33, 0x3b, 0x2f, 0x53, 0x73, 0x0f] {
            for functions: UInt32 in 0..<(1 << 15) {
                let operands = UInt32(truncatingIfNeeded: random.next()) & 0xf_8f80
                words.append((functions >> 3) << 20 | (functions & 7) << 12 | operands | opcode)
            }
        }
        for immediate: UInt32 in 0..<4096 {
            for opcode: UInt32 in [0x0f, 0x100f, 0x200f, 0x73] { words.append(immediate << 20 | opcode) }
        }
        for opcode: UInt32 in 0..<32 {
            for _ in 0..<12_000 {
                words.append(UInt32(truncatingIfNeeded: random.next()) << 7 | opcode << 2 | 3)
            }
        }
        // Encodings longer than 32 bits would put objdump out of step.
        words.removeAll { $0 & 31 == 31 }
        #expect(words.count >= 1_000_000)
        try compare(words, byteCount: 4, allowed: AllowedDifference.full)
    }

    private func compare(_ words: [UInt32], byteCount: Int, allowed: [AllowedDifference]) throws {
        let lines = try ObjdumpOracle.disassemble(words, byteCount: byteCount)
        try #require(lines.count == words.count)
        var differences: [String] = []
        var reasons: Set<String> = []
        var instructionCount = 0
        for (index, word) in words.enumerated() {
            let ours = Instruction(decoding: word).assemblyText(at: UInt64(index * byteCount))
            let theirs = ObjdumpOracle.normalized(lines[index])
            if !ours.hasPrefix(".") { instructionCount += 1 }
            if ours == theirs { continue }
            if let difference = allowed.first(where: { $0.explains(word, ours, theirs) }) {
                reasons.insert(difference.reason)
            } else {
                differences.append("\(String(word, radix: 16)): \(ours) | \(lines[index])")
            }
        }
        for difference in differences.prefix(20) { Issue.record("\(difference)") }
        #expect(differences.isEmpty, "\(differences.count) of \(words.count) differ")
        #expect(instructionCount > words.count / 2)
        #expect(reasons == Set(allowed.map(\.reason)), "a difference that is allowed never occurs")
    }
}
