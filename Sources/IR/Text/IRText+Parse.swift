// Text to block.
import MachineCore

extension IRText {
    /// The block that `text` describes: `parse(print(block))` equals `block`. Rules beyond the text form
    /// (types, order, state offsets) are the verifier's.
    /// - Throws: `IRTextError` with the place of the first mistake.
    public static func parse(_ text: String) throws(IRTextError) -> IRBlock {
        guard text.utf8.count <= maximumByteCount else {
            let message = "the text is longer than \(maximumByteCount) bytes"
            throw IRTextError(line: 1, column: 1, message: message)
        }
        var parser = IRTextParser(scanner: IRTextScanner(bytes: Array(text.utf8)))
        return try parser.parseBlock()
    }
}

/// The grammar of the text form.
struct IRTextParser {
    var scanner: IRTextScanner
    private var instructions: [IRInstruction] = []
    /// Which instruction defines a number of the text.
    private var definitions: [UInt32: Int32] = [:]
    private static let operations = Dictionary(
        uniqueKeysWithValues: IROp.table.map { ("\($0.name)", $0) })

    init(scanner: IRTextScanner) { self.scanner = scanner }

    mutating func parseBlock() throws(IRTextError) -> IRBlock {
        while scanner.skipToContent() {
            guard instructions.count < IRBlock.maximumInstructionCount else {
                throw scanner.error("more than \(IRBlock.maximumInstructionCount) instructions")
            }
            try parseLine()
        }
        return IRBlock(instructions)
    }

    private mutating func parseLine() throws(IRTextError) {
        var result: UInt32?
        if scanner.peek(is: "%") {
            let start = scanner
            let number = try parseNumberedName()
            if definitions[number] != nil { throw start.error("%\(number) is already defined") }
            try scanner.expect("=")
            result = number
        }
        scanner.skipSpaces()
        let start = scanner
        let name = try scanner.word("an operation")
        guard let properties = Self.operations[name] else { throw start.error("no operation '\(name)'") }
        if (properties.result != nil) != (result != nil) {
            throw start.error("'\(name)' \(properties.result == nil ? "has no result" : "needs '%N ='")")
        }
        instructions.append(try parseArguments(properties))
        if let result { definitions[result] = Int32(instructions.count - 1) }
        try scanner.expectEndOfLine()
    }

    private mutating func parseArguments(
        _ properties: IROp.Properties
    ) throws(IRTextError) -> IRInstruction {
        var instruction = IRInstruction(properties.op)
        var isFirst = true
        switch properties.immediate {
        case .none, .targets: break
        case .bits, .truth, .state:
            try parseComma(&isFirst)
            instruction.immediate = try scanner.number(.max)
        case .relative:
            try parseComma(&isFirst)
            instruction.immediate = UInt64(bitPattern: try parseDistance())
        }
        if properties.detail != .none {
            try parseComma(&isFirst)
            instruction.detail = try parseDetail(properties.detail)
        }
        for position in 0..<properties.operands.count {
            try parseComma(&isFirst)
            instruction[operand: position] = try parseOperand()
        }
        if properties.immediate == .targets { try parseTargets(&instruction) }
        if properties.width != .none {
            try parseComma(&isFirst)
            instruction.width = try parseWidth().rawValue
        }
        return instruction
    }

    /// The comma before an argument that is not the first.
    private mutating func parseComma(_ isFirst: inout Bool) throws(IRTextError) {
        if !isFirst { try scanner.expect(",") }
        isFirst = false
    }

    private mutating func parseTargets(_ instruction: inout IRInstruction) throws(IRTextError) {
        try scanner.expect(",")
        instruction.immediate = UInt64(bitPattern: try parseDistance())
        try scanner.expect(",")
        scanner.skipSpaces()
        let start = scanner
        guard let otherwise = Int32(exactly: try parseDistance()) else {
            throw start.error("the second target does not fit in 32 bits")
        }
        instruction.otherwise = otherwise
    }

    private mutating func parseNumberedName() throws(IRTextError) -> UInt32 {
        try scanner.expect("%")
        return UInt32(truncatingIfNeeded: try scanner.number(UInt64(UInt32.max)))
    }

    private mutating func parseOperand() throws(IRTextError) -> Int32 {
        scanner.skipSpaces()
        let start = scanner
        let number = try parseNumberedName()
        guard let index = definitions[number] else { throw start.error("%\(number) is not defined here") }
        return index
    }

    private mutating func parseDistance() throws(IRTextError) -> Int64 {
        try scanner.expect("p")
        try scanner.expect("c", adjacent: true)
        if scanner.peek(is: "-") {
            try scanner.expect("-", adjacent: true)
            return Int64(bitPattern: 0 &- (try scanner.number(1 << 63)))
        }
        try scanner.expect("+", adjacent: true)
        return Int64(bitPattern: try scanner.number(UInt64(Int64.max)))
    }

    private mutating func parseWidth() throws(IRTextError) -> AccessWidth {
        let index = try parseName(of: "an access width", in: IRText.widthNames)
        return AccessWidth(rawValue: 1 << UInt8(index)) ?? .double
    }

    private mutating func parseDetail(_ meaning: IROp.Detail) throws(IRTextError) -> UInt16 {
        switch meaning {
        case .none: return 0
        case .length, .helper, .flags, .flagCondition, .vector, .vectorWidth:
            return UInt16(truncatingIfNeeded: try scanner.number(UInt64(UInt16.max)))
        case .atomic: return UInt16(try parseName(of: "an atomic operation", in: IRText.atomicNames))
        case .fence: return UInt16(try parseName(of: "a kind of fence", in: IRText.fenceNames))
        case .float:
            scanner.skipSpaces()
            let start = scanner
            let name = try scanner.word("a floating-point operation")
            guard let code = FloatOperation.irCode(named: name) else {
                throw start.error("no floating-point operation '\(name)'")
            }
            return code
        }
    }

    private mutating func parseName(of kind: String, in names: [String]) throws(IRTextError) -> Int {
        scanner.skipSpaces()
        let start = scanner
        let name = try scanner.word(kind)
        guard let index = names.firstIndex(of: name) else {
            throw start.error("'\(name)' is not \(kind): \(names.joined(separator: ", "))")
        }
        return index
    }
}
