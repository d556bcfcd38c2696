// One operation on floating-point lanes by the rules of SSE: operands, results, and exceptions in MXCSR.
import MachineCore
import SoftFloat

/// Computes with the rounding and the exceptions of MXCSR (Intel SDM volume 1, 10.2.3 and 11.5).
struct VectorFloatUnit {
    /// Exceptions, by their bits in MXCSR; the masks lie 7 bits above.
    enum Flag {
        static let invalid: UInt32 = 1
        static let denormal: UInt32 = 2
        static let divideByZero: UInt32 = 4
        static let overflow: UInt32 = 8
        static let underflow: UInt32 = 16
        static let inexact: UInt32 = 32
        /// Found before an operation is carried out: then no other is looked for.
        static let early = invalid | denormal | divideByZero
    }

    private static let denormalsAreZero: UInt32 = 1 << 6
    private static let flushesToZero: UInt32 = 1 << 15

    private let control: UInt32
    /// What happened so far.
    private(set) var flags: UInt32 = 0

    init(_ control: UInt32) { self.control = control }

    private var masked: UInt32 { control >> 7 & 0x3f }
    /// An exception that is not masked happened.
    var isStopped: Bool { flags & ~masked != 0 }

    var rounding: RoundingMode { Self.rounding(UInt8(control >> 13 & 3)) }

    /// The rounding that two bits say in MXCSR and in immediate values.
    static func rounding(_ bits: UInt8) -> RoundingMode {
        switch bits {
        case 0: .nearestEven
        case 1: .down
        case 2: .up
        default: .towardZero
        }
    }

    mutating func raise(_ flag: UInt32) { flags |= flag }

    // MARK: Operands

    /// An operand, of which denormal numbers may count as zero.
    func operand(_ value: UInt64, _ format: FloatFormat) -> UInt64 {
        let parts = FloatParts(value, format)
        return control & Self.denormalsAreZero != 0 && parts.isDenormal ? value & parts.signBit : value
    }

    private mutating func noteDenormals(_ values: [UInt64], _ format: FloatFormat) {
        if values.contains(where: { FloatParts($0, format).isDenormal }) { flags |= Flag.denormal }
    }

    /// The NaN that an operation with a NaN among its operands gives: the first one, made quiet; nil without one.
    private mutating func propagated(_ values: [UInt64], _ format: FloatFormat) -> UInt64? {
        let parts = values.map { FloatParts($0, format) }
        if parts.contains(where: \.isSignaling) { flags |= Flag.invalid }
        guard let first = parts.first(where: \.isNaN) else { return nil }
        return first.bits | first.quietBit
    }

    // MARK: Operations

    /// A sum, difference, product, quotient or root.
    mutating func compute(_ operation: FloatOperation, _ x: UInt64, _ y: UInt64, _ format: FloatFormat) -> UInt64 {
        var isRoot = false
        if case .squareRoot = operation { isRoot = true }
        let values = isRoot ? [operand(x, format)] : [operand(x, format), operand(y, format)]
        if let nan = propagated(values, format) { return nan }
        var found = FloatFlags(rawValue: 0)
        let result = operation.evaluate(rounding: rounding, values[0], isRoot ? 0 : values[1], 0, &found)
        if found.contains(.invalid) {
            flags |= Flag.invalid
            return Self.defaultNaN(format)
        }
        noteDenormals(values, format)
        return finish(result, found, format)
    }

    /// Notes the exceptions of a result, which may have to be flushed to zero.
    private mutating func finish(_ result: UInt64, _ found: FloatFlags, _ format: FloatFormat) -> UInt64 {
        if found.contains(.divideByZero) { flags |= Flag.divideByZero }
        if found.contains(.overflow) { flags |= Flag.overflow }
        if found.contains(.inexact) { flags |= Flag.inexact }
        let parts = FloatParts(result, format)
        let isTiny = found.contains(.underflow) || parts.isDenormal && masked & Flag.underflow == 0
        if isTiny { flags |= Flag.underflow }
        let flushes = control & Self.flushesToZero != 0 && masked & Flag.underflow != 0
        guard flushes, parts.isDenormal || found.contains(.underflow) && parts.isZero else { return result }
        flags |= Flag.underflow | Flag.inexact
        return result & parts.signBit
    }

    static func defaultNaN(_ format: FloatFormat) -> UInt64 {
        format == .single ? 0xffc0_0000 : 0xfff8_0000_0000_0000
    }

    /// `min` and `max`: the second operand wherever there is a doubt.
    mutating func extremum(_ x: UInt64, _ y: UInt64, _ format: FloatFormat, isMaximum: Bool) -> UInt64 {
        let (a, b) = (operand(x, format), operand(y, format))
        if FloatParts(a, format).isNaN || FloatParts(b, format).isNaN {
            flags |= Flag.invalid
            return b
        }
        noteDenormals([a, b], format)
        if FloatParts(a, format).isZero && FloatParts(b, format).isZero { return b }
        var found = FloatFlags(rawValue: 0)
        let first = isMaximum ? b : a
        let second = isMaximum ? a : b
        return SoftFloat.isLess(first, second, format, &found) ? a : b
    }

    /// How two numbers relate.
    enum Relation { case less, equal, greater, unordered }

    mutating func compare(_ x: UInt64, _ y: UInt64, _ format: FloatFormat, signalsQuiet: Bool) -> Relation {
        let (a, b) = (operand(x, format), operand(y, format))
        let (p, q) = (FloatParts(a, format), FloatParts(b, format))
        if p.isNaN || q.isNaN {
            if signalsQuiet || p.isSignaling || q.isSignaling { flags |= Flag.invalid }
            return .unordered
        }
        noteDenormals([a, b], format)
        var found = FloatFlags(rawValue: 0)
        if SoftFloat.isEqual(a, b, format, &found) { return .equal }
        return SoftFloat.isLess(a, b, format, &found) ? .less : .greater
    }

    /// Between the two formats.
    mutating func convert(_ x: UInt64, from format: FloatFormat) -> UInt64 {
        let value = operand(x, format)
        let parts = FloatParts(value, format)
        if parts.isNaN {
            if parts.isSignaling { flags |= Flag.invalid }
            return parts.convertedNaN
        }
        noteDenormals([value], format)
        var found = FloatFlags(rawValue: 0)
        if format == .single { return SoftFloat.toDouble(value, &found) }
        return finish(SoftFloat.toSingle(value, rounding, &found), found, .single)
    }

    /// To a signed integer; what does not fit gives the smallest one.
    mutating func toInteger(
        _ x: UInt64, _ format: FloatFormat, isWide: Bool, truncates: Bool
    ) -> UInt64 {
        let value = operand(x, format)
        var found = FloatFlags(rawValue: 0)
        let mode = truncates ? RoundingMode.towardZero : rounding
        let result = FloatOperation.toInteger(isWide ? .signed64 : .signed32, from: format).evaluate(
            rounding: mode, value, 0, 0, &found)
        if found.contains(.invalid) {
            flags |= Flag.invalid
            return isWide ? 1 << 63 : 0x8000_0000
        }
        if found.contains(.inexact) { flags |= Flag.inexact }
        return isWide ? result : result & 0xffff_ffff
    }

    mutating func fromInteger(_ x: UInt64, isWide: Bool, _ format: FloatFormat) -> UInt64 {
        var found = FloatFlags(rawValue: 0)
        let result = FloatOperation.fromInteger(isWide ? .signed64 : .signed32, to: format).evaluate(
            rounding: rounding, x, 0, 0, &found)
        if found.contains(.inexact) { flags |= Flag.inexact }
        return result
    }

    /// `round`: to an integer in the same format.
    mutating func round(_ x: UInt64, _ format: FloatFormat, control immediate: UInt8) -> UInt64 {
        let value = operand(x, format)
        if let nan = propagated([value], format) { return nan }
        let parts = FloatParts(value, format)
        let mode = immediate & 4 != 0 ? rounding : Self.rounding(immediate & 3)
        let result = parts.roundedToInteger(mode)
        if result != value && immediate & 8 == 0 { flags |= Flag.inexact }
        return result
    }
}
