// The encoding table: pictures are well formed, do not overlap, are complete and decode right.
@testable import RISCV
import Testing

@Suite struct EncodingTableTests {
    @Test func picturesHaveTheirWidth() {
        for encoding in EncodingTable.full {
            #expect(encoding.width == 32 && encoding.mask & 3 == 3 && encoding.match & 3 == 3, "\(encoding)")
        }
        for encoding in EncodingTable.compressed {
            #expect(encoding.width == 16 && encoding.mask & 3 == 3 && encoding.match & 3 != 3, "\(encoding)")
        }
    }

    /// Operand letters are those that the formats know.
    @Test func picturesUseKnownLetters() {
        for encoding in EncodingTable.full + EncodingTable.compressed {
            let letters = Set(encoding.picture.lowercased()).subtracting(" 01")
            #expect(letters.isSubset(of: "drstimo"), "\(encoding)")
        }
    }

    /// Every operation but `.illegal` can be encoded, and can be written down.
    @Test func everyOperationHasAPicture() {
        let encoded = Set((EncodingTable.full + EncodingTable.compressed).map(\.operation))
        #expect(encoded == Set(Operation.allCases))
        let full = Set(EncodingTable.full.map(\.operation))
        #expect(Set(Operation.allCases).subtracting(full) == [.illegal])
        let written = OperandLayout.all.flatMap(\.operations)
        #expect(written.count == Set(written).count && Set(written) == Set(Operation.allCases))
    }

    /// Two 32-bit pictures never match the same bits. None has a nonzero field, so comparing the bits
    /// that both fix is a proof.
    @Test func fullPicturesAreDisjoint() {
        let table = EncodingTable.full
        #expect(table.allSatisfy { $0.nonzero == 0 })
        for (index, first) in table.enumerated() {
            for second in table[(index + 1)...] {
                let both = first.mask & second.mask
                #expect(first.match & both != second.match & both, "\(first) and \(second)")
            }
        }
    }

    /// Where two 16-bit pictures match the same word, the earlier one matches only words that the
    /// later one matches too, and fewer: found by trying all words.
    @Test func earlierCompressedPicturesAreMoreSpecific() {
        let table = EncodingTable.compressed
        let words = (0..<65536).map { UInt32($0) }.filter { $0 & 3 != 3 }
        let matched = table.map { encoding in Set(words.filter { encoding.matches($0) }) }
        for first in table.indices {
            #expect(!matched[first].isEmpty, "\(table[first])")
            for second in table.indices[(first + 1)...] {
                let isDisjoint = matched[first].isDisjoint(with: matched[second])
                let isMoreSpecific = matched[first].isStrictSubset(of: matched[second])
                #expect(isDisjoint || isMoreSpecific, "\(table[first]), \(table[second])")
            }
        }
    }

    /// The quick lookup finds what a search through the whole table finds first.
    @Test func lookupFindsTheFirstMatch() {
        var random = RandomNumbers(seed: 1)
        var words = (0..<65536).map { UInt32($0) }.filter { $0 & 3 != 3 }
        for encoding in EncodingTable.full {
            for _ in 0..<50 { words.append(encoding.filled(&random)) }
        }
        for _ in 0..<20_000 { words.append(UInt32(truncatingIfNeeded: random.next()) | 3) }
        for word in words {
            let table = word & 3 == 3 ? EncodingTable.full : EncodingTable.compressed
            let expected = table.first { $0.matches(word) }
            #expect(EncodingTable.lookup(word)?.picture == expected?.picture, "\(String(word, radix: 16))")
        }
    }

    /// 48-bit and longer encodings, all zeros and all ones are no instructions.
    @Test func longEncodingsAreIllegal() {
        var random = RandomNumbers(seed: 2)
        for _ in 0..<10_000 {
            let word = UInt32(truncatingIfNeeded: random.next()) | 31
            #expect(Instruction(decoding: word).operation == .illegal)
        }
        #expect(Instruction(decoding: 0).operation == .illegal)
        #expect(Instruction(decoding: .max).operation == .illegal)
    }
}
