// Block to text.
import MachineCore

extension IRText {
    /// The text of `block`, one line per instruction, with a newline after each. Illegal blocks print
    /// too, as far as their fields have names.
    public static func print(_ block: IRBlock) -> String {
        var text = ""
        for (index, instruction) in block.instructions.enumerated() {
            if instruction.op.properties.result != nil { text += "%\(index) = " }
            text += line(instruction) + "\n"
        }
        return text
    }

    /// `instruction` without the name of its result.
    static func line(_ instruction: IRInstruction) -> String {
        let properties = instruction.op.properties
        var arguments: [String] = []
        if let immediate = immediate(instruction, properties.immediate) { arguments.append(immediate) }
        if let detail = detail(instruction.detail, properties.detail) { arguments.append(detail) }
        for position in 0..<properties.operands.count {
            arguments.append("%\(instruction[operand: position])")
        }
        if properties.immediate == .targets {
            arguments.append(distance(instruction.distance))
            arguments.append(distance(Int64(instruction.otherwise)))
        }
        if properties.width != .none { arguments.append(width(instruction)) }
        let name = "\(properties.name)"
        return arguments.isEmpty ? name : name + " " + arguments.joined(separator: ", ")
    }

    private static func immediate(_ instruction: IRInstruction, _ meaning: IROp.Immediate) -> String? {
        switch meaning {
        case .none, .targets: nil
        case .bits, .truth, .state: hexadecimal(instruction.immediate)
        case .relative: distance(instruction.distance)
        }
    }

    private static func detail(_ detail: UInt16, _ meaning: IROp.Detail) -> String? {
        let index = Int(detail)
        return switch meaning {
        case .none: nil
        case .length: "\(detail)"
        case .helper, .flags, .flagCondition, .vector, .vectorWidth: hexadecimal(UInt64(detail))
        case .atomic: index < atomicNames.count ? atomicNames[index] : "\(detail)"
        case .fence: index < fenceNames.count ? fenceNames[index] : "\(detail)"
        case .float:
            index < FloatOperation.irTable.count ? FloatOperation.irTable[index].name : "\(detail)"
        }
    }

    private static func width(_ instruction: IRInstruction) -> String {
        switch instruction.accessWidth {
        case .byte: widthNames[0]
        case .half: widthNames[1]
        case .word: widthNames[2]
        case .double: widthNames[3]
        case nil: "\(instruction.width)"
        }
    }

    private static func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

    private static func distance(_ value: Int64) -> String {
        (value < 0 ? "pc-" : "pc+") + hexadecimal(value.magnitude)
    }
}
