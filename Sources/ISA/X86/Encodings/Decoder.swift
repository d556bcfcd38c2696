// From bytes to an instruction: prefixes, opcode, ModRM, SIB, displacement and immediate values.

/// Why bytes are not an instruction.
enum DecodeFailure: Error {
    /// The instruction goes on behind the bytes that were given.
    case truncated
    /// No instruction begins like this: #UD.
    case invalid
    /// The instruction is longer than 15 bytes: #GP(0).
    case tooLong
}

/// Decodes one instruction. Reads nothing beyond the bytes that it is given.
struct Decoder {
    /// The longest instruction (Intel SDM volume 2, 2.3.11).
    static let maximumLength = 15

    private let bytes: UnsafeRawBufferPointer
    private let codeSize: CodeSize
    private var position = 0
    private var i = Instruction()
    private var rex: UInt8 = 0
    private var segmentOverride: UInt8?
    private var vexRegister: UInt8 = 0
    private var modRM: UInt8 = 0

    private init(_ bytes: UnsafeRawBufferPointer, _ codeSize: CodeSize) {
        self.bytes = bytes
        self.codeSize = codeSize
        i.codeSize = codeSize
    }

    /// The instruction that `bytes` begin with.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, _ codeSize: CodeSize, _ map: OpcodeMap = .standard
    ) throws(DecodeFailure) -> Instruction {
        var decoder = Decoder(bytes, codeSize)
        try decoder.readPrefixes()
        try decoder.readOpcode(map)
        decoder.i.length = UInt8(truncatingIfNeeded: decoder.position)
        return decoder.i
    }

    // MARK: Bytes

    private mutating func next() throws(DecodeFailure) -> UInt8 {
        if position >= Self.maximumLength { throw .tooLong }
        if position >= bytes.count { throw .truncated }
        let byte = bytes[position]
        position &+= 1
        return byte
    }

    /// A little-endian number of `count` bytes, zero-extended.
    private mutating func number(_ count: UInt8) throws(DecodeFailure) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < UInt64(count) &* 8 {
            value |= UInt64(try next()) &<< shift
            shift &+= 8
        }
        return value
    }

    private mutating func signedNumber(_ count: UInt8) throws(DecodeFailure) -> Int64 {
        let value = try number(count)
        let unused = 64 &- UInt64(count) &* 8
        return count == 0 ? 0 : Int64(bitPattern: value &<< unused) &>> Int64(bitPattern: unused)
    }

    // MARK: Prefixes

    private mutating func readPrefixes() throws(DecodeFailure) {
        while true {
            let byte = try next()
            switch byte {
            case 0x26, 0x2e, 0x36, 0x3e: noteSegment((byte &>> 3) & 3)
            case 0x64, 0x65: segmentOverride = byte & 7
            case 0x66: i.prefixes.insert(.operandSize)
            case 0x67: i.prefixes.insert(.addressSize)
            case 0xf0: i.prefixes.insert(.lock)
            case 0xf2, 0xf3:
                // The last one counts.
                i.prefixes.subtract(.anyRepeat)
                i.prefixes.insert(byte == 0xf2 ? .repeatNotEqual : .repeatEqual)
            case 0x40...0x4f where codeSize == .bits64:
                rex = byte
                continue
            default:
                position &-= 1
                return noteSizes()
            }
            // A REX prefix counts directly before the opcode only.
            rex = 0
        }
    }

    /// In 64-bit code the old segments can not be chosen, and such a prefix does not undo one that can.
    private mutating func noteSegment(_ segment: UInt8) {
        if codeSize != .bits64 { segmentOverride = segment }
    }

    private mutating func noteSizes() {
        if rex != 0 { i.prefixes.insert(.rex) }
        if rex & 8 != 0 { i.prefixes.insert(.wide) }
        let swapped = i.prefixes.contains(.addressSize)
        switch codeSize {
        case .bits16: i.addressWidth = swapped ? 4 : 2
        case .bits32: i.addressWidth = swapped ? 2 : 4
        case .bits64: i.addressWidth = swapped ? 4 : 8
        }
    }

    // MARK: Opcode

    private mutating func readOpcode(_ map: OpcodeMap) throws(DecodeFailure) {
        var number = 0
        var opcode = try next()
        if opcode == 0x0f {
            opcode = try next()
            number = 1
            if opcode == 0x38 || opcode == 0x3a {
                number = opcode == 0x38 ? 2 : 3
                opcode = try next()
            }
        } else if opcode == 0xc4 || opcode == 0xc5, try isVEX() {
            number = try readVEX(isLong: opcode == 0xc4) + 4
            opcode = try next()
        }
        i.opcode = opcode
        i.opcodeMap = UInt8(truncatingIfNeeded: number & 3)
        let entry = map.entries[number &* 256 &+ Int(opcode)]
        if entry.count == 0 { throw .invalid }
        if entry.needsModRM { modRM = try next() }
        for index in Int(entry.first)..<Int(entry.first &+ entry.count) where matches(map.rows[index]) {
            return try finish(map.rows[index])
        }
        throw .invalid
    }

    /// Outside 64-bit code the VEX opcodes are `les` and `lds` of memory.
    private func isVEX() throws(DecodeFailure) -> Bool {
        if codeSize == .bits64 { return true }
        if position >= Self.maximumLength { throw .tooLong }
        if position >= bytes.count { throw .truncated }
        return bytes[position] >= 0xc0
    }

    /// Reads the rest of a VEX prefix (Intel SDM volume 2, 2.3.5); gives the number of its map.
    private mutating func readVEX(isLong: Bool) throws(DecodeFailure) -> Int {
        let forbidden: Prefixes = [.lock, .repeatEqual, .repeatNotEqual, .operandSize, .rex]
        if !i.prefixes.isDisjoint(with: forbidden) { throw .invalid }
        i.prefixes.insert(.vex)
        var payload = try next()
        var map = 1
        rex = payload & 0x80 != 0 ? 0x40 : 0x44
        if isLong {
            map = Int(payload & 0x1f)
            rex = 0x40 | (~payload &>> 5) & 7
            payload = try next()
            if payload & 0x80 != 0 { i.prefixes.insert(.wide) }
        }
        if codeSize != .bits64 {
            rex = 0x40
            i.prefixes.remove(.wide)
        }
        vexRegister = (~payload &>> 3) & (codeSize == .bits64 ? 15 : 7)
        switch payload & 3 {
        case 1: i.prefixes.insert(.operandSize)
        case 2: i.prefixes.insert(.repeatEqual)
        case 3: i.prefixes.insert(.repeatNotEqual)
        default: break
        }
        // Of the instructions in the map none has 256-bit operands.
        if !(1...3).contains(map) || payload & 4 != 0 { throw .invalid }
        return map
    }

    private func matches(_ row: OpcodeRow) -> Bool {
        let attributes = row.attributes
        if attributes.contains(codeSize == .bits64 ? .i64 : .o64) { return false }
        if attributes.contains(.nob) && rex & 1 != 0 { return false }
        if attributes.contains(.mod3) && modRM < 0xc0 || attributes.contains(.mem) && modRM >= 0xc0 { return false }
        if let field = row.registerField, field != (modRM &>> 3) & 7 { return false }
        if let field = row.lowField, field != modRM & 7 { return false }
        switch row.prefix {
        case .any: return true
        case .np: return i.prefixes.isDisjoint(with: [.operandSize, .repeatEqual, .repeatNotEqual])
        case .p66: return i.prefixes.contains(.operandSize) && i.prefixes.isDisjoint(with: .anyRepeat)
        case .pF3: return i.prefixes.contains(.repeatEqual)
        case .pF2: return i.prefixes.contains(.repeatNotEqual)
        }
    }

    // MARK: Operands

    private mutating func finish(_ row: OpcodeRow) throws(DecodeFailure) {
        i.operation = row.operation
        i.width = operandSize(row.attributes)
        if row.needsModRM && modRM < 0xc0 && !row.attributes.contains(.anymod) { try readAddress() }
        i.a = try operand(row.a)
        i.b = try operand(row.b)
        i.c = try operand(row.c)
        if let segmentOverride { i.segment = segmentOverride }
        let locks = i.prefixes.contains(.lock)
        if locks && !(row.attributes.contains(.lock) && i.a.kind == .memory) { throw .invalid }
        if i.prefixes.contains(.vex) && vexRegister != 0 && row.a.source != .B && row.b.source != .B
            && row.c.source != .B { throw .invalid }
    }

    private func operandSize(_ attributes: OpcodeRow.Attributes) -> UInt8 {
        // The prefix that belongs to the opcode of `popcnt` and its like chooses the size all the same.
        let prefixed = i.prefixes.contains(.operandSize) && !i.prefixes.contains(.vex)
        switch codeSize {
        case .bits16: return prefixed ? 4 : 2
        case .bits32: return prefixed ? 2 : 4
        case .bits64:
            if i.prefixes.contains(.wide) || attributes.contains(.f64) { return 8 }
            if prefixed { return 2 }
            return attributes.contains(.d64) ? 8 : 4
        }
    }

    private func width(_ size: OperandPattern.Size) -> UInt8 {
        switch size {
        case .none: 0
        case .b: 1
        case .w: 2
        case .d: 4
        case .q: 8
        case .x: 16
        case .t: 10
        case .v: i.width
        case .z: min(i.width, 4)
        case .y: i.prefixes.contains(.wide) ? 8 : 4
        case .m: codeSize == .bits64 ? 8 : 4
        case .p: i.width &+ 2
        case .a: i.width &* 2
        case .u: i.prefixes.contains(.wide) ? 16 : 8
        }
    }

    private mutating func operand(_ pattern: OperandPattern) throws(DecodeFailure) -> Operand {
        let width = width(pattern.size)
        let field = (modRM &>> 3) & 7
        let reg = field | (rex & 4) &<< 1
        switch pattern.source {
        case .none: return Operand(width: width)
        case .E, .M, .R: return general(width, modRM & 7 | (rex & 1) &<< 3, isMemory: pattern.source != .R)
        case .G: return register(reg, width)
        case .B: return Operand(kind: .register, number: vexRegister, width: width)
        case .Z: return register(i.opcode & 7 | (rex & 1) &<< 3, width)
        case .fixedRegister: return Operand(kind: .register, number: pattern.number, width: width)
        case .fixedSegment: return Operand(kind: .segment, number: pattern.number, width: width)
        case .S:
            if field > 5 || i.operation == .mov && i.opcode == 0x8e && field == 1 { throw .invalid }
            return Operand(kind: .segment, number: field, width: width)
        case .C: return try controlRegister(reg, width)
        case .D: return Operand(kind: .debug, number: reg, width: width)
        case .P: return Operand(kind: .mmx, number: field, width: width)
        case .Q, .N: return other(.mmx, modRM & 7, width)
        case .V: return Operand(kind: .vector, number: reg, width: width)
        case .W, .U: return other(.vector, modRM & 7 | (rex & 1) &<< 3, width)
        case .top: return Operand(kind: .float, number: 0, width: 10)
        case .stack: return Operand(kind: .float, number: modRM & 7, width: 10)
        default: return try immediateOperand(pattern, width)
        }
    }

    private mutating func immediateOperand(
        _ pattern: OperandPattern, _ width: UInt8
    ) throws(DecodeFailure) -> Operand {
        var operand = Operand(kind: .immediate, width: width)
        switch pattern.source {
        case .I:
            let isSigned = pattern.size == .z
            i.immediate = isSigned ? UInt64(bitPattern: try signedNumber(width)) : try number(width)
            if isSigned { operand.width = i.width }
        case .signedByte: i.immediate = UInt64(bitPattern: try signedNumber(1))
        case .secondByte:
            i.displacement = try signedNumber(1) & 0xff
            operand.kind = .secondImmediate
        case .one: i.immediate = 1
        case .J:
            i.immediate = UInt64(bitPattern: try signedNumber(width))
            operand = Operand(kind: .relative, width: i.width)
        case .A:
            i.immediate = try number(i.width)
            i.displacement = Int64(try number(2))
            operand.kind = .farPointer
        default:
            // A memory operand whose offset is written out.
            i.displacement = Int64(bitPattern: try number(i.addressWidth))
            operand.kind = .memory
        }
        return operand
    }

    private func controlRegister(_ number: UInt8, _ width: UInt8) throws(DecodeFailure) -> Operand {
        switch number {
        case 0, 2, 3, 4, 8: return Operand(kind: .control, number: number, width: width)
        default: throw .invalid
        }
    }

    /// Without REX the byte registers 4 to 7 are the second bytes of the first four.
    private func register(_ number: UInt8, _ width: UInt8) -> Operand {
        if width == 1 && rex == 0 && number >= 4 {
            return Operand(kind: .highByte, number: number &- 4, width: 1)
        }
        return Operand(kind: .register, number: number, width: width)
    }

    private func general(_ width: UInt8, _ number: UInt8, isMemory: Bool) -> Operand {
        if isMemory && modRM < 0xc0 { return Operand(kind: .memory, width: width) }
        return register(number, width)
    }

    private func other(_ kind: OperandKind, _ number: UInt8, _ width: UInt8) -> Operand {
        if modRM < 0xc0 { return Operand(kind: .memory, width: width) }
        return Operand(kind: kind, number: number, width: width)
    }

    // MARK: Addresses

    private mutating func readAddress() throws(DecodeFailure) {
        let mode = modRM &>> 6
        let low = modRM & 7
        if i.addressWidth == 2 { return try readAddress16(mode, low) }
        var base = low
        if low == 4 {
            let sib = try next()
            base = sib & 7
            i.scale = sib &>> 6
            let index = (sib &>> 3) & 7 | (rex & 2) &<< 2
            if index != 4 { i.index = index }
        }
        if base == 5 && mode == 0 {
            if low == 5 && codeSize == .bits64 { i.base = Instruction.instructionPointer }
            i.displacement = try signedNumber(4)
            return
        }
        // RSP and RBP, but not R12 and R13, are in the stack segment.
        if (base == 4 || base == 5) && rex & 1 == 0 { i.segment = 2 }
        i.base = base | (rex & 1) &<< 3
        if mode != 0 { i.displacement = try signedNumber(mode == 1 ? 1 : 4) }
    }

    private mutating func readAddress16(_ mode: UInt8, _ low: UInt8) throws(DecodeFailure) {
        // BX, BP, SI and DI are registers 3, 5, 6 and 7.
        switch low {
        case 0, 1, 7: i.base = 3
        case 2, 3, 6: i.base = 5
        case 4: i.base = 6
        default: i.base = 7
        }
        if low < 4 { i.index = 6 &+ (low & 1) }
        if low == 6 && mode == 0 {
            i.base = Instruction.noRegister
            i.displacement = try signedNumber(2)
            return
        }
        if i.base == 5 { i.segment = 2 }
        if mode != 0 { i.displacement = try signedNumber(mode == 1 ? 1 : 2) }
    }
}
