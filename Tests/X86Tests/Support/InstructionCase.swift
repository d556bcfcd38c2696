// One instruction with the registers, flags and memory that it starts from.

@testable import X86

/// A case for the host and for the CPU under test.
struct InstructionCase {
    let code: [UInt8]
    let instruction: Instruction
    let registers: [UInt64]
    let flags: UInt64
    let seed: UInt64

    static let operations: Set<Operation> = [
        .add, .or, .adc, .sbb, .and, .sub, .xor, .cmp, .rol, .ror, .rcl, .rcr, .shl, .shr, .sar, .push, .pop,
        .movsxd, .imul, .test, .xchg, .mov, .lea, .cbw, .cwd, .sahf, .lahf, .movs, .cmps, .stos, .lods, .scas,
        .enter, .leave, .xlat, .cmc, .not, .neg, .mul, .div, .idiv, .clc, .stc, .cld, .std, .inc, .dec,
        .cmovcc, .setcc, .bt, .bts, .btr, .btc, .shld, .shrd, .cmpxchg, .cmpxchg8b, .movzx, .movsx, .popcnt,
        .tzcnt, .lzcnt, .bsf, .bsr, .xadd, .bswap, .movbe, .crc32, .adcx, .adox, .andn, .blsr, .blsmsk, .blsi,
        .bzhi, .pext, .pdep, .mulx, .bextr, .shlx, .sarx, .shrx, .rorx, .pushf,
    ]

    /// Random bytes, if they are an instruction that user-mode code can execute with nothing but its
    /// registers and memory.
    init?(_ random: inout SplitMix) {
        let bytes = Self.bytes(&random)
        let instruction: Instruction
        do {
            instruction = try bytes.withUnsafeBytes { try Decoder.decode($0, .bits64) }
        } catch { return nil }
        guard Self.operations.contains(instruction.operation), instruction.segment < 4 else { return nil }
        let kinds = [instruction.a.kind, instruction.b.kind]
        guard !kinds.contains(.segment), !kinds.contains(.control), !kinds.contains(.debug) else { return nil }
        guard Self.staysInData(instruction) else { return nil }
        // Results that the manual leaves undefined: counts beyond 16 bits, and bytes of 16 bits swapped.
        if instruction.operation == .bswap, instruction.width == 2 { return nil }
        if instruction.operation == .shld || instruction.operation == .shrd, instruction.a.width == 2 { return nil }
        code = Array(bytes.prefix(Int(instruction.length)))
        self.instruction = instruction
        var registers = Self.registers(&random)
        if instruction.operation == .xlat { registers[3] = HostCPUHarness.data + 256 }
        if let number = Self.bitNumberRegister(instruction) {
            if Self.pointers.contains(number) { return nil }
            registers[Int(number)] = UInt64(random.below(4096)) &- 2048
        }
        self.registers = registers
        flags = random.next() & (RFlags.status | RFlags.direction) | 0x202
        seed = random.next()
    }

    /// Registers that point into the data when a case begins.
    private static let pointers: Set<UInt8> = [4, 5, 6, 7, 14, 15]

    /// The two machines have the same memory only there. Addresses that are not used may be any.
    private static func staysInData(_ instruction: Instruction) -> Bool {
        guard instruction.hasMemoryOperand, instruction.operation != .lea else { return true }
        let isNear = instruction.displacement.magnitude < 512
        return isNear && pointers.contains(instruction.base) && instruction.index == Instruction.noRegister
    }

    /// The register with a bit number that reaches memory beyond the operand; it has to stay near.
    private static func bitNumberRegister(_ instruction: Instruction) -> UInt8? {
        guard [.bt, .bts, .btr, .btc].contains(instruction.operation), instruction.a.kind == .memory,
            instruction.b.kind == .register
        else { return nil }
        return instruction.b.number
    }

    /// Rare by chance: counts of zeros and ones, divisions by RCX, and the exchange of pairs.
    private static let rare: [[UInt8]] = [
        [0xf3, 0x0f, 0xbc], [0xf3, 0x0f, 0xbd], [0xf3, 0x0f, 0xb8], [0x48, 0x0f, 0xc7], [0x0f, 0xc7],
        [0x48, 0xf7, 0xf1], [0x48, 0xf7, 0xf9], [0xf7, 0xf1], [0xf7, 0xf9], [0xf6, 0xf1], [0xf6, 0xf9],
    ]

    private static func bytes(_ random: inout SplitMix) -> [UInt8] {
        var bytes: [UInt8] = []
        if random.oneIn(5) { bytes.append(0x66) }
        if random.oneIn(6) { bytes.append(random.pick([0xf2, 0xf3])) }
        if random.oneIn(20) { bytes.append(random.pick([0xf0, 0x67, 0x2e, 0x36])) }
        switch random.below(9) {
        case 0: bytes += vex(&random)
        case 8:
            bytes += random.pick(Self.rare)
            if bytes.last == 0xc7 { bytes.append(random.pick([0x4f, 0x4e, 0x0e, 0x0f])) }
        case 1...3:
            if random.oneIn(2) { bytes.append(0x40 + UInt8(random.below(16))) }
            bytes.append(0x0f)
            if random.oneIn(4) { bytes += [0x38, 0xf0 + UInt8(random.below(8))] }
        default: if random.oneIn(2) { bytes.append(0x40 + UInt8(random.below(16))) }
        }
        while bytes.count < 5 { bytes.append(random.byte()) }
        while bytes.count < 15 { bytes.append(random.oneIn(2) ? 0 : random.byte()) }
        return Array(bytes.prefix(15))
    }

    private static func vex(_ random: inout SplitMix) -> [UInt8] {
        let map: UInt8 = random.oneIn(6) ? 3 : 2
        let opcode: UInt8 = map == 3 ? 0xf0 : random.pick([0xf2, 0xf3, 0xf5, 0xf6, 0xf7])
        let second = random.byte() & 0xe0 | map
        return [0xc4, second, random.byte() & ~4, opcode]
    }

    private static func registers(_ random: inout SplitMix) -> [UInt64] {
        (0..<16).map { number in
            if pointers.contains(UInt8(number)) { return HostCPUHarness.data + 1024 + UInt64(random.below(128)) * 16 }
            switch random.below(6) {
            case 0: return UInt64(random.below(64))
            case 1: return random.next() >> UInt64(random.below(64))
            case 2: return random.pick([0, 1, .max, 1 << 63, 1 << 31, 0x7fff_ffff, 0x8000, 0x80, 0xffff_ffff])
            case 3: return 0 &- UInt64(random.below(300))
            default: return random.next()
            }
        }
    }

    /// What is unlike in the CPU under test's result and the host's, or nil.
    func difference(_ own: [UInt64], _ host: [UInt64]) -> String? {
        var parts: [String] = []
        let hostVector = host[17] == 8 ? Fault.divideError : host[17] == 4 ? Fault.invalidOpcode : UInt64.max
        if own[17] != hostVector { parts.append("vector \(own[17]), host's signal \(host[17])") }
        for number in 0..<16 where own[number] != host[number] {
            parts.append("r\(number) \(hex(own[number])), host \(hex(host[number])), was \(hex(registers[number]))")
        }
        let undefined = instruction.undefinedFlags(count: UInt8(truncatingIfNeeded: registers[1]))
        let mask = (RFlags.status | RFlags.direction) & ~undefined
        if host[17] == 0, (own[16] ^ host[16]) & mask != 0 {
            parts.append("flags \(hex(own[16] & mask)), host \(hex(host[16] & mask)), were \(hex(flags))")
        }
        if own[18] != host[18] { parts.append("memory") }
        if parts.isEmpty { return nil }
        let text = code.map { hex(UInt64($0)) }.joined(separator: " ")
        return "\(instruction.operation) [\(text)] width \(instruction.a.width): \(parts.joined(separator: "; "))"
    }

    private func hex(_ value: UInt64) -> String { String(value, radix: 16) }
}
