// One row of the opcode map: the encoding of one form of an operation, and how its text is read.

/// The kind and size letters of an operand, as in the manual's opcode maps.
struct OperandPattern {
    /// Where the operand comes from; the names are the manual's letters (Intel SDM volume 2, A.2.1) with
    /// some more for operands that the manual writes out.
    enum Source: UInt8 {
        case none, E, G, M, R, I, J, A, O, S, C, D, P, Q, N, V, W, U, B, Z
        case fixedRegister, fixedSegment, signedByte, secondByte, one, top, stack
    }

    /// How large it is.
    enum Size: UInt8 {
        case none = 0
        case b = 0x62, w = 0x77, d = 0x64, q = 0x71, x = 0x78, t = 0x74
        /// The operand size; at most 32 bits; at least 32 bits; that of the mode; a far pointer; a pair.
        case v = 0x76, z = 0x7a, y = 0x79, m = 0x6d, p = 0x70, a = 0x61
        /// Twice 32 bits or twice 64.
        case u = 0x75
    }

    var source = Source.none
    var size = Size.none
    /// The number of a fixed register.
    var number: UInt8 = 0

    private static let fixed: [String: OperandPattern] = [
        "AL": OperandPattern(source: .fixedRegister, size: .b, number: 0),
        "AX": OperandPattern(source: .fixedRegister, size: .w, number: 0),
        "CL": OperandPattern(source: .fixedRegister, size: .b, number: 1),
        "DX": OperandPattern(source: .fixedRegister, size: .w, number: 2),
        "rAXv": OperandPattern(source: .fixedRegister, size: .v, number: 0),
        "rAXz": OperandPattern(source: .fixedRegister, size: .z, number: 0),
        "1": OperandPattern(source: .one, size: .b), "Is": OperandPattern(source: .signedByte, size: .v),
        "I2": OperandPattern(source: .secondByte, size: .b),
        "ST": OperandPattern(source: .top), "STi": OperandPattern(source: .stack),
        "ES": OperandPattern(source: .fixedSegment, size: .w, number: 0),
        "CS": OperandPattern(source: .fixedSegment, size: .w, number: 1),
        "SS": OperandPattern(source: .fixedSegment, size: .w, number: 2),
        "DS": OperandPattern(source: .fixedSegment, size: .w, number: 3),
        "FS": OperandPattern(source: .fixedSegment, size: .w, number: 4),
        "GS": OperandPattern(source: .fixedSegment, size: .w, number: 5),
    ]

    private static let letters: [Character: Source] = [
        "-": .none, "E": .E, "G": .G, "M": .M, "R": .R, "I": .I, "J": .J, "A": .A, "O": .O, "S": .S, "C": .C,
        "D": .D, "P": .P, "Q": .Q, "N": .N, "V": .V, "W": .W, "U": .U, "B": .B, "Z": .Z,
    ]

    /// The pattern that `text` says; nil when there is no such pattern.
    static func read(_ text: String) -> OperandPattern? {
        if let fixed = fixed[text] { return fixed }
        guard let first = text.first, let source = letters[first], text.utf8.count <= 2 else { return nil }
        guard let last = text.utf8.dropFirst().first else { return OperandPattern(source: source) }
        return Size(rawValue: last).map { OperandPattern(source: source, size: $0) }
    }

    /// The operand is in the ModRM byte.
    var needsModRM: Bool {
        switch source {
        case .E, .G, .M, .R, .S, .C, .D, .P, .Q, .N, .V, .W, .U, .stack: true
        default: false
        }
    }
}

/// A row of the opcode map.
struct OpcodeRow {
    /// The prefix that belongs to the opcode.
    enum MandatoryPrefix: UInt8 {
        /// Any prefixes do.
        case any
        /// None of 66, F3, F2.
        case np
        case p66, pF3, pF2
    }

    struct Attributes: OptionSet {
        let rawValue: UInt16
        /// Not in 64-bit code.
        static let i64 = Attributes(rawValue: 1)
        /// Only in 64-bit code.
        static let o64 = Attributes(rawValue: 2)
        /// The operand size in 64-bit code is 64, or 16 with a prefix.
        static let d64 = Attributes(rawValue: 4)
        /// The operand size in 64-bit code is 64.
        static let f64 = Attributes(rawValue: 8)
        /// May be locked when its destination is memory.
        static let lock = Attributes(rawValue: 16)
        /// The ModRM byte names a register, or memory.
        static let mod3 = Attributes(rawValue: 32)
        static let mem = Attributes(rawValue: 64)
        /// The ModRM byte names a register whatever its top bits say.
        static let anymod = Attributes(rawValue: 128)
        /// Not with REX.B.
        static let nob = Attributes(rawValue: 256)
        /// With a VEX prefix.
        static let vex = Attributes(rawValue: 512)

        fileprivate static let names: [Substring: Attributes] = [
            "i64": .i64, "o64": .o64, "d64": .d64, "f64": .f64, "lock": .lock, "mod3": .mod3, "mem": .mem,
            "anymod": .anymod, "nob": .nob, "vex": .vex,
        ]
    }

    var operation = Operation.ud2
    var prefix = MandatoryPrefix.any
    /// 0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A; 4 more with a VEX prefix.
    var map: UInt8 = 0
    /// The opcodes.
    var opcodes: ClosedRange<UInt8> = 0...0
    /// What the ModRM byte has in its reg field and in its low field; nil where it does not matter.
    var registerField: UInt8?
    var lowField: UInt8?
    var attributes: Attributes = []
    var a = OperandPattern()
    var b = OperandPattern()
    var c = OperandPattern()
    var needsModRM = false

    /// Reads a row: picture, operation, operands and attributes, as in `f3 0fb8 popcnt Gv,Ev`.
    /// - Returns: nil when the text is not a row.
    init?(_ text: Substring) {
        var words = text.split(separator: " ")
        let prefixes: [Substring: MandatoryPrefix] = ["np": .np, "66": .p66, "f3": .pF3, "f2": .pF2]
        if words.count > 2, let prefix = prefixes[words[0]] {
            self.prefix = prefix
            words.removeFirst()
        }
        guard words.count >= 3, let operation = Operation.named[String(words[1])] else { return nil }
        self.operation = operation
        for word in words[3...] {
            guard let attribute = Attributes.names[word] else { return nil }
            attributes.formUnion(attribute)
        }
        guard readPicture(words[0]), readOperands(words[2]) else { return nil }
        if attributes.contains(.vex) { map += 4 }
    }

    /// Reads opcode bytes and what follows them: `/digit` for the reg field, `.hex` for a whole ModRM byte,
    /// `+r` for a register number or `+c` for a condition in the opcode.
    private mutating func readPicture(_ picture: Substring) -> Bool {
        let digits = picture.prefix { $0.isHexDigit }
        let rest = picture[digits.endIndex...]
        guard let opcode = UInt8(digits.suffix(2), radix: 16) else { return false }
        switch digits.dropLast(2) {
        case "": map = 0
        case "0f": map = 1
        case "0f38": map = 2
        case "0f3a": map = 3
        default: return false
        }
        opcodes = opcode...opcode
        switch rest.first {
        case nil: break
        case "+": opcodes = opcode...(opcode + (rest == "+c" ? 15 : 7))
        case "/": registerField = UInt8(rest.dropFirst())
        case ".":
            guard let byte = UInt8(rest.dropFirst(), radix: 16) else { return false }
            registerField = byte >> 3 & 7
            lowField = byte & 7
            attributes.insert(.mod3)
        default: return false
        }
        needsModRM = registerField != nil
        return true
    }

    private mutating func readOperands(_ text: Substring) -> Bool {
        let patterns = text.split(separator: ",").map { OperandPattern.read(String($0)) }
        guard patterns.count <= 3, !patterns.contains(where: { $0 == nil }) else { return false }
        let known = patterns.compactMap { $0 } + [OperandPattern](repeating: OperandPattern(), count: 3)
        (a, b, c) = (known[0], known[1], known[2])
        for pattern in [a, b, c] {
            needsModRM = needsModRM || pattern.needsModRM
            if attributes.contains(.anymod) { continue }
            switch pattern.source {
            case .M: attributes.insert(.mem)
            case .R, .U, .N, .stack: attributes.insert(.mod3)
            default: break
            }
        }
        return true
    }
}
