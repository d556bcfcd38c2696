// How a disassembler spells operands: the expected texts do not come from the assembler.
import CodegenX86
import MachineCore

let widths: [AccessWidth] = [.byte, .half, .word, .double]
let wideWidths: [AccessWidth] = [.word, .double]

extension GeneralRegister {
    /// The register's name at a width, as Intel writes it.
    func name(_ width: AccessWidth = .double) -> String {
        let old = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
        let number = Int(rawValue)
        if number >= 8 { return "r\(number)" + [.byte: "b", .half: "w", .word: "d"][width, default: ""] }
        switch width {
        case .byte: return number < 4 ? old[number].prefix(1) + "l" : old[number] + "l"
        case .half: return old[number]
        case .word: return "e" + old[number]
        case .double: return "r" + old[number]
        }
    }
}

extension VectorRegister {
    var name: String { "xmm\(rawValue)" }
}

extension MemoryOperand {
    /// The address in brackets.
    var address: String {
        var text = "[" + base.name()
        if let index { text += "+\(index.name())*\(scale)" }
        let isShown = displacement != 0 || base == .rbp || base == .r13
        if isShown { text += (displacement < 0 ? "-" : "+") + hex(UInt64(displacement.magnitude)) }
        return text + "]"
    }

    /// The address with the size of what is there.
    func text(_ width: AccessWidth) -> String {
        let size = [.byte: "BYTE", .half: "WORD", .word: "DWORD", .double: "QWORD"][width, default: ""]
        return "\(size) PTR \(address)"
    }

    /// The address of 16 bytes.
    var text128: String { "XMMWORD PTR \(address)" }
}

func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

/// A constant as an operand of `width`.
func hex(_ value: Int32, _ width: AccessWidth) -> String {
    hex(UInt64(bitPattern: Int64(value)) & width.mask)
}

extension Condition {
    /// What follows j, set or cmov.
    var suffix: String {
        let all = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"]
        return all[Int(rawValue)]
    }
}
