// One MMX or SSE instruction with the state and memory that it starts from.

@testable import X86

/// A case for the host and for the CPU under test.
struct VectorCase {
    private typealias Word = HostVectorHarness.Word

    let code: [UInt8]
    let instruction: Instruction
    /// In the harness's form.
    let words: [UInt64]

    /// Which exceptions of MXCSR are masked.
    enum Masks {
        case all, some
    }

    /// An instruction of this form on random state. Nil where prefixes and fields make another one.
    init?(_ form: VectorForm, _ random: inout SplitMix, immediate: UInt8, _ masks: Masks) {
        let bytes = form.bytes(&random, immediate: immediate)
        guard let decoded = VectorForm.decode(bytes), decoded.operation == form.operation else { return nil }
        instruction = decoded
        code = Array(bytes.prefix(Int(decoded.length)))
        let kind = VectorValues.kind(of: form.operation)
        let other: VectorValues.Kind = random.pick([.integers, .single, .double])
        var values = VectorValues(random.oneIn(10) ? other : kind, &random)
        var words = Self.floatState(&random)
        words.append(Self.control(&random, masks))
        for _ in 0..<8 { words += [values.word(&random), random.next() & 0xffff] }
        for _ in 0..<32 { words.append(values.word(&random)) }
        words += Self.registers(&random)
        words.append(random.next() & RFlags.status | 0x202)
        let padded = code + [UInt8](repeating: 0, count: 16 - code.count)
        words.append(UInt64(code.count))
        words += padded.withUnsafeBytes { buffer in [0, 8].map { buffer.load(fromByteOffset: $0, as: UInt64.self) } }
        for _ in 0..<HostVectorHarness.dataWords { words.append(values.word(&random)) }
        if decoded.operation == .ldmxcsr {
            // Seldom with a bit that does not exist.
            for word in 1..<8 { words[Word.data + word] = random.next() & 0xffff | (random.oneIn(8) ? 0x1_0000 : 0) }
        }
        self.words = words
    }

    /// An instruction on the first two XMM registers, both halves of them alike. Nil where the bytes are none.
    init?(_ code: [UInt8], _ a: UInt64, _ b: UInt64, control: UInt64) {
        guard let instruction = VectorForm.decode(code) else { return nil }
        self.instruction = instruction
        self.code = code
        var words = [UInt64](repeating: 0, count: HostVectorHarness.caseWords)
        (words[Word.float], words[Word.control], words[Word.flags]) = (0x37f, control, 0x202)
        words.replaceSubrange(Word.vectors..<Word.vectors + 4, with: [a, a, b, b])
        words[Word.code] = UInt64(code.count)
        words[Word.code + 1] = code.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        self.words = words
    }

    /// x87 as it may be found: any stack; seldom with an exception that waits.
    private static func floatState(_ random: inout SplitMix) -> [UInt64] {
        let waits = random.oneIn(40)
        let status = random.next() & 0x7f00 | (waits ? 0x8081 : 0)
        return [(waits ? 0x37e : 0x37f) | status << 16 | (random.next() & 0xff) << 32]
    }

    private static func control(_ random: inout SplitMix, _ masks: Masks) -> UInt64 {
        var control = random.next() & 0x6000
        if random.oneIn(2) { control = 0 }
        if random.oneIn(4) { control |= 1 << 6 }
        if random.oneIn(4) { control |= 1 << 15 }
        if random.oneIn(3) { control |= random.next() & 0x3f }
        switch masks {
        case .all: return control | 0x1f80
        case .some where random.oneIn(2): return control | 0x1f80 & ~(0x80 << UInt64(random.below(6)))
        case .some: return control | random.next() & 0x1f80
        }
    }

    private static func registers(_ random: inout SplitMix) -> [UInt64] {
        (0..<16).map { number in
            // Memory operands, and what maskmovdqu writes to.
            if number == 6 || number == 14 { return HostVectorHarness.data + 32 }
            if number == 7 { return HostVectorHarness.data + UInt64(random.below(64)) }
            switch random.below(6) {
            case 0, 1: return UInt64(random.below(40)) &- 20
            case 2: return random.pick([0, 1, .max, 1 << 63, 1 << 31, 0x7fff_ffff, 0xffff_ffff, .max >> 1])
            case 3: return random.next() >> UInt64(random.below(64))
            default: return random.next()
            }
        }
    }
}
