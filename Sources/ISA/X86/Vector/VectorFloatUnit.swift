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

    /// MXCSR after a reset: everything is masked.
    static let initialControl: UInt32 = 0x1f80

    private let control: UInt32
    /// What happened in the steps that are finished.
    private(set) var flags: UInt32 = 0
    /// What happened in the current step so far.
    private var found: UInt32 = 0

    init(_ control: UInt32) { self.control = control }

    private var masked: UInt32 { control >> 7 & 0x3f }
    /// An exception that is not masked happened in a finished step.
    var isStopped: Bool { flags & ~masked != 0 }

    /// Ends a step, that is, operations on lanes side by side. If one of them was not even begun because of an
    /// exception that is not masked, what happened to the results of others does not count.
    mutating func finishStep() {
        let early = found & Flag.early
        flags |= early & ~masked != 0 ? early : found
        found = 0
    }

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

    // MARK: Operands

    /// An operand, of which denormal numbers may count as zero.
    func operand(_ value: UInt64, _ format: FloatFormat) -> UInt64 {
        let parts = FloatParts(value, format)
        return control & Self.denormalsAreZero != 0 && parts.isDenormal ? value & parts.signBit : value
    }

    private mutating func noteDenormals(_ x: UInt64, _ y: UInt64, _ format: FloatFormat) {
        if FloatParts(x, format).isDenormal || FloatParts(y, format).isDenormal { found |= Flag.denormal }
    }

    /// The NaN that an operation with a NaN among its operands gives: the first one, made quiet; nil without one.
    private mutating func propagated(_ x: UInt64, _ y: UInt64, _ format: FloatFormat) -> UInt64? {
        let (first, second) = (FloatParts(x, format), FloatParts(y, format))
        if first.isSignaling || second.isSignaling { found |= Flag.invalid }
        if first.isNaN { return first.bits | first.quietBit }
        return second.isNaN ? second.bits | second.quietBit : nil
    }

    // MARK: Operations

    /// A sum, difference, product, quotient, or the root of `x`, for which `y` is the same.
    mutating func compute(_ operation: FloatOperation, _ x: UInt64, _ y: UInt64, _ format: FloatFormat) -> UInt64 {
        let (a, b) = (operand(x, format), operand(y, format))
        if let nan = propagated(a, b, format) { return nan }
        var events = FloatFlags(rawValue: 0)
        let result = operation.evaluate(rounding: rounding, a, b, 0, &events)
        if events.contains(.invalid) {
            found |= Flag.invalid
            return Self.defaultNaN(format)
        }
        if events.contains(.divideByZero) {
            found |= Flag.divideByZero
            return result
        }
        noteDenormals(a, b, format)
        return finish(result, events, operation, a, b, format)
    }

    /// Notes the exceptions of a result, which may have to be flushed to zero.
    /// - Parameters:
    ///   - operation: what gave the result, from `a` and `b`.
    ///   - format: the result's.
    private mutating func finish(
        _ result: UInt64, _ events: FloatFlags, _ operation: FloatOperation, _ a: UInt64, _ b: UInt64,
        _ format: FloatFormat
    ) -> UInt64 {
        let parts = FloatParts(result, format)
        let isUnderflowMasked = masked & Flag.underflow != 0
        let isTiny = events.contains(.underflow) || parts.isDenormal && !isUnderflowMasked
        let overflows = events.contains(.overflow)
        if overflows { found |= Flag.overflow }
        if isTiny { found |= Flag.underflow }
        let isStopped = overflows && masked & Flag.overflow == 0 || isTiny && !isUnderflowMasked
        let isInexact = isStopped
            ? Self.roundsSignificand(operation, a, b, overflows: overflows, rounding) : events.contains(.inexact)
        if isInexact { found |= Flag.inexact }
        let flushes = control & Self.flushesToZero != 0 && isUnderflowMasked
        guard flushes, parts.isDenormal || events.contains(.underflow) else { return result }
        found |= Flag.underflow | Flag.inexact
        return result & parts.signBit
    }

    /// Whether a result is inexact even where exponents have no limits: of that the processor tells together with
    /// overflow and underflow that are not masked (Intel SDM volume 1, 4.9.1.4 and 4.9.1.5).
    private static func roundsSignificand(
        _ operation: FloatOperation, _ a: UInt64, _ b: UInt64, overflows: Bool, _ rounding: RoundingMode
    ) -> Bool {
        let x: UInt64
        let y: UInt64
        switch operation {
        case .add(let format), .subtract(let format):
            // Tiny sums are exact.
            if !overflows { return false }
            (x, y) = (FloatParts(a, format).reduced, FloatParts(b, format).reduced)
        case .multiply(let format), .divide(let format):
            (x, y) = (FloatParts(a, format).fromOneToTwo, FloatParts(b, format).fromOneToTwo)
        // A conversion from the other format.
        default: (x, y) = (FloatParts(a, .double).fromOneToTwo, 0)
        }
        var events = FloatFlags(rawValue: 0)
        _ = operation.evaluate(rounding: rounding, x, y, 0, &events)
        return events.contains(.inexact)
    }

    static func defaultNaN(_ format: FloatFormat) -> UInt64 {
        format == .single ? 0xffc0_0000 : 0xfff8_0000_0000_0000
    }

    /// `min` and `max`: the second operand wherever there is a doubt.
    mutating func extremum(_ x: UInt64, _ y: UInt64, _ format: FloatFormat, isMaximum: Bool) -> UInt64 {
        let (a, b) = (operand(x, format), operand(y, format))
        if FloatParts(a, format).isNaN || FloatParts(b, format).isNaN {
            found |= Flag.invalid
            return b
        }
        noteDenormals(a, b, format)
        if FloatParts(a, format).isZero && FloatParts(b, format).isZero { return b }
        var events = FloatFlags(rawValue: 0)
        let first = isMaximum ? b : a
        let second = isMaximum ? a : b
        return SoftFloat.isLess(first, second, format, &events) ? a : b
    }

    /// How two numbers relate.
    enum Relation { case less, equal, greater, unordered }

    mutating func compare(_ x: UInt64, _ y: UInt64, _ format: FloatFormat, signalsQuiet: Bool) -> Relation {
        let (a, b) = (operand(x, format), operand(y, format))
        let (p, q) = (FloatParts(a, format), FloatParts(b, format))
        if p.isNaN || q.isNaN {
            if signalsQuiet || p.isSignaling || q.isSignaling { found |= Flag.invalid }
            return .unordered
        }
        noteDenormals(a, b, format)
        var events = FloatFlags(rawValue: 0)
        if SoftFloat.isEqual(a, b, format, &events) { return .equal }
        return SoftFloat.isLess(a, b, format, &events) ? .less : .greater
    }

    /// Between the two formats.
    mutating func convert(_ x: UInt64, from format: FloatFormat) -> UInt64 {
        let value = operand(x, format)
        let parts = FloatParts(value, format)
        if parts.isNaN {
            if parts.isSignaling { found |= Flag.invalid }
            return parts.convertedNaN
        }
        noteDenormals(value, value, format)
        var events = FloatFlags(rawValue: 0)
        if format == .single { return SoftFloat.toDouble(value, &events) }
        let operation = FloatOperation.convert(to: .single)
        let result = operation.evaluate(rounding: rounding, value, 0, 0, &events)
        return finish(result, events, operation, value, 0, .single)
    }

    /// To a signed integer; what does not fit gives the smallest one.
    mutating func toInteger(
        _ x: UInt64, _ format: FloatFormat, isWide: Bool, truncates: Bool
    ) -> UInt64 {
        let value = operand(x, format)
        var events = FloatFlags(rawValue: 0)
        let mode = truncates ? RoundingMode.towardZero : rounding
        let result = FloatOperation.toInteger(isWide ? .signed64 : .signed32, from: format).evaluate(
            rounding: mode, value, 0, 0, &events)
        if events.contains(.invalid) {
            found |= Flag.invalid
            return isWide ? 1 << 63 : 0x8000_0000
        }
        if events.contains(.inexact) { found |= Flag.inexact }
        return isWide ? result : result & 0xffff_ffff
    }

    mutating func fromInteger(_ x: UInt64, isWide: Bool, _ format: FloatFormat) -> UInt64 {
        var events = FloatFlags(rawValue: 0)
        let result = FloatOperation.fromInteger(isWide ? .signed64 : .signed32, to: format).evaluate(
            rounding: rounding, x, 0, 0, &events)
        if events.contains(.inexact) { found |= Flag.inexact }
        return result
    }

    /// `round`: to an integer in the same format.
    mutating func round(_ x: UInt64, _ format: FloatFormat, control immediate: UInt8) -> UInt64 {
        let value = operand(x, format)
        if let nan = propagated(value, value, format) { return nan }
        let parts = FloatParts(value, format)
        let mode = immediate & 4 != 0 ? rounding : Self.rounding(immediate & 3)
        let result = parts.roundedToInteger(mode)
        if result != value && immediate & 8 == 0 { found |= Flag.inexact }
        return result
    }
}
