// One x87 instruction with the state and memory that it starts from.

@testable import X86

/// A case for the host and for the CPU under test.
struct FloatCase {
    let code: [UInt8]
    let instruction: Instruction
    let image: [UInt64]
    let data: [UInt64]
    let accumulator: UInt64
    let flags: UInt64

    static let inaccurate: Set<Operation> = [.f2xm1, .fyl2x, .fyl2xp1, .fsin, .fcos, .fsincos, .fptan, .fpatan]

    var words: [UInt64] {
        let bytes = code + [UInt8](repeating: 0, count: 16 - code.count)
        let halves = bytes.withUnsafeBytes { buffer in
            [0, 8].map { buffer.load(fromByteOffset: $0, as: UInt64.self) }
        }
        return image + [accumulator, flags, UInt64(code.count)] + halves + data
    }

    /// A random instruction on random state. Nil where the bytes are none.
    init?(_ random: inout SplitMix) {
        let escape = 0xd8 + UInt8(random.below(8))
        let modRM = random.oneIn(3) ? UInt8(random.below(8)) << 3 | 6 : 0xc0 | UInt8(random.below(64))
        self.init(&random, random.oneIn(60) ? [0x9b, 0] : [escape, modRM])
    }

    /// An instruction on random state. Nil where the bytes are none.
    init?(_ random: inout SplitMix, _ bytes: [UInt8]) {
        let decoded = (bytes + [UInt8](repeating: 0, count: 13)).withUnsafeBytes {
            buffer -> Instruction? in try? Decoder.decode(buffer, .bits64)
        }
        guard let decoded, decoded.isFloat else { return nil }
        instruction = decoded
        code = Array(bytes.prefix(Int(decoded.length)))
        let range = Self.exponents(of: decoded.operation, &random)
        let memory = decoded.a.kind == .memory ? decoded.a.width : decoded.b.kind == .memory ? decoded.b.width : 0
        image = Self.image(&random, range)
        data = Self.data(&random, decoded.operation, memory, range)
        accumulator = random.next()
        flags = random.next() & RFlags.status | 0x202
    }

    /// An instruction on two given values. Nil where the bytes are none.
    init?(_ bytes: [UInt8], _ a: Extended80, _ b: Extended80, control: UInt16) {
        guard let instruction = try? bytes.withUnsafeBytes({ try Decoder.decode($0, .bits64) }) else { return nil }
        self.instruction = instruction
        code = Array(bytes.prefix(Int(instruction.length)))
        var words = [UInt64](repeating: 0, count: 64)
        words[0] = UInt64(control) | 0x3 << 32
        words[3] = 0x1f80
        (words[4], words[5]) = (a.significand, UInt64(a.signExponent))
        (words[6], words[7]) = (b.significand, UInt64(b.signExponent))
        image = words
        data = [UInt64](repeating: 0, count: 16)
        accumulator = 0
        flags = 0x202
    }

    /// Exponents that make results interesting: near one, near the limits, or any.
    private static func exponents(of operation: X86.Operation, _ random: inout SplitMix) -> ClosedRange<Int> {
        switch operation {
        case .f2xm1, .fyl2xp1: return random.oneIn(8) ? 1...0x3ffc : 0x3fff - 70...0x3ffc
        case .fprem, .fprem1: return random.oneIn(2) ? 0x3fff - 20...0x3fff + 60 : 1...0x7ffe
        default:
            switch random.below(8) {
            case 0: return 1...70
            case 1: return 0x7ffe - 70...0x7ffe
            case 2: return 0x1ffe...0x2040
            case 3: return 0x5fc0...0x6010
            case 4: return 1...0x7ffe
            default: return 0x3fff - 70...0x3fff + 70
            }
        }
    }

    static func value(_ random: inout SplitMix, _ range: ClosedRange<Int>) -> Extended80 {
        let isNegative = random.oneIn(2)
        var significand = random.next()
        switch random.below(5) {
        case 0: significand = random.next() << UInt64(random.below(64))
        case 1: significand = UInt64.max << UInt64(random.below(64))
        case 2: significand = UInt64.max >> UInt64(random.below(64)) ^ UInt64(random.below(3))
        default: break
        }
        let exponent = range.lowerBound + random.below(range.count)
        switch random.below(40) {
        case 0, 1: return .zero(isNegative: isNegative)
        case 2: return .infinity(isNegative: isNegative)
        case 3: return Extended80(isNegative: isNegative, exponent: 0x7fff, significand: significand)
        case 4: return Extended80(isNegative: isNegative, exponent: 0x7fff, significand: significand | 3 << 62)
        case 5, 6: return Extended80(isNegative: isNegative, exponent: 0, significand: significand)
        case 7: return Extended80(isNegative: isNegative, exponent: exponent, significand: significand)
        case 8, 9: return Extended80.one.withSign(isNegative)
        case 10, 11:
            let integer = FloatContext.operand(of: Int64(random.below(200)) - 100).value
            return integer
        default:
            return Extended80(isNegative: isNegative, exponent: exponent, significand: significand | 1 << 63)
        }
    }

    private static func image(_ random: inout SplitMix, _ range: ClosedRange<Int>) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: 64)
        var control = random.next() & 0xf00 | 0x7f
        if random.oneIn(2) { control |= 0x300 }
        if random.oneIn(4) { control = control & ~0x3f | random.next() & 0x3f }
        var status = random.next() & 0x7f00
        if random.oneIn(4) { status |= random.next() & 0x7f }
        if !random.oneIn(8) { status &= ~(~control & 0x3f) }
        if status & ~control & 0x3f != 0 { status |= 0x8080 }
        let inUse = random.oneIn(3) ? random.next() & 0xff : random.oneIn(2) ? 0xff : inUseBelow(status, &random)
        words[0] = control | status << 16 | inUse << 32
        words[3] = 0x1f80 | random.next() & 0x603f
        for number in 0..<8 {
            let value = value(&random, range)
            words[4 + number * 2] = value.significand
            words[5 + number * 2] = UInt64(value.signExponent)
        }
        for number in 20..<52 { words[number] = random.next() }
        return words
    }

    /// Half of the stack is in use, so that there is room to push.
    private static func inUseBelow(_ status: UInt64, _ random: inout SplitMix) -> UInt64 {
        let top = status >> 11 & 7
        return (0..<UInt64(2 + random.below(4))).reduce(0) { $0 | 1 << ((top + $1) & 7) }
    }

    private static func data(
        _ random: inout SplitMix, _ operation: X86.Operation, _ width: UInt8, _ range: ClosedRange<Int>
    ) -> [UInt64] {
        var words = (0..<16).map { _ in random.next() }
        let isInteger = operation.name.hasPrefix("fi")
        switch width {
        case 10 where operation == .fbld:
            let digits = (0..<18).reduce(UInt128(0)) { sum, _ in sum << 4 | UInt128(random.below(10)) }
            let kept = random.oneIn(4) ? digits >> 40 : digits
            words[0] = UInt64(truncatingIfNeeded: kept)
            words[1] = UInt64(truncatingIfNeeded: kept >> 64) | (random.oneIn(2) ? 0x8000 : 0)
        case 10:
            let value = value(&random, range)
            (words[0], words[1]) = (value.significand, UInt64(value.signExponent))
        case 8 where !isInteger: words[0] = double(&random)
        case 4 where !isInteger: words[0] = single(&random)
        default: words[0] = random.next() >> UInt64(random.below(64))
        }
        return words
    }

    private static func double(_ random: inout SplitMix) -> UInt64 {
        let fraction = random.oneIn(4) ? 0 : random.next() >> 12
        let exponent = UInt64(random.pick([0, 1, 0x7ff, 0x7fe, 1023, 1000 + random.below(60), random.below(2048)]))
        return fraction | exponent << 52 | (random.oneIn(2) ? 1 << 63 : 0)
    }

    private static func single(_ random: inout SplitMix) -> UInt64 {
        let fraction = random.oneIn(4) ? 0 : random.next() >> 41
        let exponent = UInt64(random.pick([0, 1, 0xff, 0xfe, 127, 100 + random.below(60), random.below(256)]))
        return fraction | exponent << 23 | (random.oneIn(2) ? 1 << 31 : 0)
    }
}
