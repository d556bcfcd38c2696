// All rows of the opcode maps, sorted for decoding.

/// The opcode maps.
struct OpcodeMap: Sendable {
    /// What decoding needs to know of one opcode.
    struct Entry: BitwiseCopyable {
        /// Its rows: the first that matches counts.
        var first: UInt16 = 0
        var count: UInt16 = 0
        var needsModRM = false
    }

    /// Rows, those of each opcode together.
    let rows: [OpcodeRow]
    /// Entries by map and opcode.
    let entries: [Entry]

    /// The rows as they are written.
    static var allRowTexts: [Substring] {
        let lists = [arithmeticRows, shiftRows, floatArithmeticRows, packedRows, vectorFloatRows]
        let texts = [oneByteRows, twoByteRows, vectorExtendedIntegerRows, floatRows, vectorRows]
        return lists.flatMap { $0.map { Substring($0) } } + texts.flatMap { $0.split(separator: "\n") }
    }

    /// The maps, read once.
    static let standard = OpcodeMap(allRowTexts)

    private init(_ texts: [Substring]) {
        var byOpcode = [[OpcodeRow]](repeating: [], count: 8 * 256)
        for text in texts {
            guard let row = OpcodeRow(text) else { preconditionFailure("not a row of the opcode map: \(text)") }
            for opcode in row.opcodes { byOpcode[Int(row.map) * 256 + Int(opcode)].append(row) }
        }
        var rows: [OpcodeRow] = []
        entries = byOpcode.map { list in
            let entry = Entry(
                first: UInt16(rows.count), count: UInt16(list.count), needsModRM: list.contains(where: \.needsModRM))
            rows += list
            return entry
        }
        self.rows = rows
    }

    static func hex(_ value: Int) -> String {
        let digits = String(value, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }
}
