// From instruction bits to the decoded record.

extension Instruction {
    /// Decodes an instruction. `bits` are 32 bits of memory, little endian; of a compressed
    /// instruction only the low 16 count. What is not an instruction decodes as `.illegal`.
    public init(decoding bits: UInt32) {
        let isFull = bits & 3 == 3
        let own = isFull ? bits : bits & 0xffff
        let length: UInt8 = isFull ? 4 : 2
        guard let encoding = EncodingTable.lookup(own) else {
            self.init(.illegal, bits: own, length: length)
            return
        }
        self.init(encoding.operation, bits: own, length: length)
        if isFull { readFull(encoding.format) } else { readCompressed(encoding.format) }
    }

    private mutating func readFull(_ format: OperandFormat) {
        let signed = Int32(bitPattern: bits)
        if format != .none {
            rd = UInt8((bits >> 7) & 31)
            rs1 = UInt8((bits >> 15) & 31)
            rs2 = UInt8((bits >> 20) & 31)
        }
        switch format {
        case .i:
            immediate = signed >> 20
            rs2 = 0
        case .shift:
            immediate = Int32((bits >> 20) & 63)
            rs2 = 0
        case .csr:
            immediate = Int32(bits >> 20)
            rs2 = 0
        case .s:
            immediate = (signed >> 25) << 5 | Int32(rd)
            rd = 0
        case .b:
            immediate = branchImmediate
            rd = 0
        case .u:
            immediate = signed & ~0xfff
            rs1 = 0
            rs2 = 0
        case .j:
            immediate = jumpImmediate
            rs1 = 0
            rs2 = 0
        case .float:
            rounding = UInt8((bits >> 12) & 7)
        case .r4:
            rounding = UInt8((bits >> 12) & 7)
            rs3 = UInt8(bits >> 27)
        default:
            break
        }
    }

    private var branchImmediate: Int32 {
        let sign = (Int32(bitPattern: bits) >> 31) << 12
        let low = Int32((bits >> 8) & 15) << 1 | Int32((bits >> 25) & 63) << 5
        return sign | low | Int32((bits >> 7) & 1) << 11
    }

    private var jumpImmediate: Int32 {
        let sign = (Int32(bitPattern: bits) >> 31) << 20
        let low = Int32((bits >> 21) & 1023) << 1 | Int32((bits >> 20) & 1) << 11
        return sign | low | Int32(bits & 0xff000)
    }
}
