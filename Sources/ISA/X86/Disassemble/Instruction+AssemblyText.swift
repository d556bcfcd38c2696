// Instructions in assembly language, in the manual's syntax.

/// Names of registers by number and width.
private enum RegisterNames {
    static let general = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
    static let low = ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"]
    static let high = ["ah", "ch", "dh", "bh"]
    static let segments = ["es", "cs", "ss", "ds", "fs", "gs"]

    static func general(_ number: UInt8, width: UInt8) -> String {
        let number = Int(number & 15)
        if number < 8 {
            switch width {
            case 1: return low[number]
            case 2: return general[number]
            case 4: return "e" + general[number]
            default: return "r" + general[number]
            }
        }
        return "r\(number)" + ([1: "b", 2: "w", 4: "d"][width] ?? "")
    }
}

extension Instruction {
    private static let conditions = [
        "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g",
    ]

    /// The instruction as text, when it lies at `address`.
    func assemblyText(at address: UInt64) -> String {
        var text = prefixText + name
        let operands = [a, b, c, d].filter { $0.kind != .none }.map { self.text($0, address) }
        if !operands.isEmpty { text += " " + operands.joined(separator: ", ") }
        return text
    }

    private var prefixText: String {
        var text = prefixes.contains(.lock) ? "lock " : ""
        let isString = [.movs, .stos, .lods, .cmps, .scas, .ins, .outs].contains(operation)
        guard isString else { return text }
        if prefixes.contains(.repeatEqual) { text += "rep " }
        if prefixes.contains(.repeatNotEqual) { text += "repne " }
        return text
    }

    private var name: String {
        let condition = Self.conditions[Int(self.condition)]
        switch operation {
        case .jcc: return "j" + condition
        case .setcc: return "set" + condition
        case .cmovcc: return "cmov" + condition
        case .movs, .stos, .lods, .cmps, .scas, .ins, .outs:
            return operation.name + ([1: "b", 2: "w", 4: "d", 8: "q"][a.width] ?? "")
        default: return operation.name
        }
    }

    private func text(_ operand: Operand, _ address: UInt64) -> String {
        switch operand.kind {
        case .none: ""
        case .register: RegisterNames.general(operand.number, width: operand.width)
        case .highByte: RegisterNames.high[Int(operand.number & 3)]
        case .memory: memoryText(operand.width, address)
        case .immediate: hexadecimal(immediate & mask(operand.width))
        case .secondImmediate: hexadecimal(UInt64(bitPattern: displacement))
        case .relative: hexadecimal((address &+ UInt64(length) &+ immediate) & mask(is64Bit ? 8 : 4))
        case .farPointer: "\(hexadecimal(UInt64(bitPattern: displacement) & 0xffff)):\(hexadecimal(immediate))"
        case .segment: RegisterNames.segments[Int(operand.number) % RegisterNames.segments.count]
        case .control: "cr\(operand.number)"
        case .debug: "dr\(operand.number)"
        case .mmx: "mm\(operand.number)"
        case .vector: "xmm\(operand.number)"
        case .float: "st(\(operand.number))"
        }
    }

    private func mask(_ width: UInt8) -> UInt64 { width >= 8 || width == 0 ? .max : (1 << (UInt64(width) * 8)) - 1 }

    private func memoryText(_ width: UInt8, _ address: UInt64) -> String {
        let sizes: [UInt8: String] = [
            1: "byte ptr ", 2: "word ptr ", 4: "dword ptr ", 6: "fword ptr ", 8: "qword ptr ", 10: "tbyte ptr ",
            16: "xmmword ptr ", 32: "ymmword ptr ",
        ]
        let isUsual = segment == 3 || segment == 2 && (base == 4 || base == 5)
        let prefix = (sizes[width] ?? "") + (isUsual ? "" : RegisterNames.segments[Int(segment) % 6] + ":")
        if base == Instruction.instructionPointer {
            return prefix + "[" + hexadecimal(address &+ UInt64(length) &+ UInt64(bitPattern: displacement)) + "]"
        }
        var parts: [String] = []
        if base != Instruction.noRegister { parts.append(RegisterNames.general(base, width: addressWidth)) }
        if index != Instruction.noRegister {
            let name = RegisterNames.general(index, width: addressWidth)
            parts.append(scale == 0 ? name : "\(name)*\(1 << scale)")
        }
        if parts.isEmpty {
            return prefix + "[" + hexadecimal(UInt64(bitPattern: displacement) & mask(addressWidth)) + "]"
        }
        let sum = parts.joined(separator: "+")
        if displacement == 0 { return prefix + "[" + sum + "]" }
        return prefix + "[" + sum + (displacement < 0 ? "-" : "+") + hexadecimal(displacement.magnitude) + "]"
    }

    private func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
