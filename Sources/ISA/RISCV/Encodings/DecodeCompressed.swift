// Operands of compressed instructions: the record of the full instruction that each stands for.

extension Instruction {
    /// Bits `high...low` of the instruction, moved to start at bit `position`.
    private func field(_ high: Int, _ low: Int, at position: Int) -> Int32 {
        Int32((bits >> UInt32(low)) & ((1 << UInt32(high - low + 1)) - 1)) << Int32(position)
    }

    /// Registers x8 to x15 in bits 4 to 2 and 9 to 7.
    private var primeLow: UInt8 { UInt8(field(4, 2, at: 0)) + 8 }
    private var primeHigh: UInt8 { UInt8(field(9, 7, at: 0)) + 8 }
    /// Full register numbers.
    private var registerHigh: UInt8 { UInt8(field(11, 7, at: 0)) }
    private var registerLow: UInt8 { UInt8(field(6, 2, at: 0)) }
    /// The six-bit signed immediate of the CI format.
    private var signedImmediate: Int32 { (field(12, 12, at: 31) >> 26) | field(6, 2, at: 0) }

    private var wordOffset: Int32 { field(5, 5, at: 6) | field(12, 10, at: 3) | field(6, 6, at: 2) }
    private var doubleOffset: Int32 { field(6, 5, at: 6) | field(12, 10, at: 3) }

    /// Fills the operands of a compressed instruction ("C" chapter, the figures of each group).
    mutating func readCompressed(_ format: OperandFormat) {
        switch format {
        case .addi4spn:
            set(rd: primeLow, rs1: 2, stackPointerOffset4)
        case .compressedLoadWord:
            set(rd: primeLow, rs1: primeHigh, wordOffset)
        case .compressedLoadDouble:
            set(rd: primeLow, rs1: primeHigh, doubleOffset)
        case .compressedStoreWord:
            set(rs1: primeHigh, rs2: primeLow, wordOffset)
        case .compressedStoreDouble:
            set(rs1: primeHigh, rs2: primeLow, doubleOffset)
        case .compressedImmediate:
            set(rd: registerHigh, rs1: registerHigh, signedImmediate)
        case .compressedLoadImmediate:
            set(rd: registerHigh, signedImmediate)
        case .addi16sp:
            set(rd: 2, rs1: 2, stackPointerOffset16)
        case .compressedLui:
            set(rd: registerHigh, signedImmediate << 12)
        case .compressedShift:
            set(rd: registerHigh, rs1: registerHigh, signedImmediate & 63)
        case .compressedShiftPrime:
            set(rd: primeHigh, rs1: primeHigh, signedImmediate & 63)
        case .compressedAndImmediate:
            set(rd: primeHigh, rs1: primeHigh, signedImmediate)
        case .compressedArithmetic:
            set(rd: primeHigh, rs1: primeHigh, rs2: primeLow, 0)
        default:
            readCompressedControl(format)
        }
    }

    private mutating func readCompressedControl(_ format: OperandFormat) {
        switch format {
        case .compressedJump:
            set(compressedJumpOffset)
        case .compressedBranch:
            set(rs1: primeHigh, compressedBranchOffset)
        case .loadWordSP:
            set(rd: registerHigh, rs1: 2, field(3, 2, at: 6) | field(12, 12, at: 5) | field(6, 4, at: 2))
        case .loadDoubleSP:
            set(rd: registerHigh, rs1: 2, field(4, 2, at: 6) | field(12, 12, at: 5) | field(6, 5, at: 3))
        case .storeWordSP:
            set(rs1: 2, rs2: registerLow, field(8, 7, at: 6) | field(12, 9, at: 2))
        case .storeDoubleSP:
            set(rs1: 2, rs2: registerLow, field(9, 7, at: 6) | field(12, 10, at: 3))
        case .jumpRegister:
            set(rs1: registerHigh, 0)
        case .jumpAndLinkRegister:
            set(rd: 1, rs1: registerHigh, 0)
        case .move:
            set(rd: registerHigh, rs2: registerLow, 0)
        case .compressedAdd:
            set(rd: registerHigh, rs1: registerHigh, rs2: registerLow, 0)
        default:
            break
        }
    }

    private mutating func set(
        rd: UInt8 = 0, rs1: UInt8 = 0, rs2: UInt8 = 0, _ immediate: Int32
    ) {
        self.rd = rd
        self.rs1 = rs1
        self.rs2 = rs2
        self.immediate = immediate
    }

    private var stackPointerOffset4: Int32 {
        field(10, 7, at: 6) | field(12, 11, at: 4) | field(5, 5, at: 3) | field(6, 6, at: 2)
    }

    private var stackPointerOffset16: Int32 {
        (field(12, 12, at: 31) >> 22) | field(4, 3, at: 7) | field(5, 5, at: 6) | field(2, 2, at: 5)
            | field(6, 6, at: 4)
    }

    private var compressedJumpOffset: Int32 {
        let sign = field(12, 12, at: 31) >> 20
        let middle = field(8, 8, at: 10) | field(10, 9, at: 8) | field(6, 6, at: 7) | field(7, 7, at: 6)
        return sign | middle | field(2, 2, at: 5) | field(11, 11, at: 4) | field(5, 3, at: 1)
    }

    private var compressedBranchOffset: Int32 {
        let sign = field(12, 12, at: 31) >> 23
        return sign | field(6, 5, at: 6) | field(2, 2, at: 5) | field(11, 10, at: 3) | field(4, 3, at: 1)
    }
}
