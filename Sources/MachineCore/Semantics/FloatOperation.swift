// The IEEE 754 operations that instruction semantics are written with.
import SoftFloat

/// What `Semantics.float` computes.
public enum FloatOperation: Hashable, Sendable {
    case add(FloatFormat)
    case subtract(FloatFormat)
    case multiply(FloatFormat)
    case divide(FloatFormat)
    case squareRoot(FloatFormat)
    /// `a * b + c`, rounded once.
    case multiplyAdd(FloatFormat)
    case minimum(FloatFormat)
    case maximum(FloatFormat)
    /// Comparisons give 1 or 0.
    case isEqual(FloatFormat)
    case isLess(FloatFormat)
    case isLessOrEqual(FloatFormat)
    /// The ten-bit class mask of `SoftFloat.classify`.
    case classify(FloatFormat)
    /// Between the two formats.
    case convert(to: FloatFormat)
    /// From an integer in the low bits of `a`.
    case fromInteger(FloatInteger, to: FloatFormat)
    /// To an integer, saturating; 32-bit results are sign-extended to 64 bits.
    case toInteger(FloatInteger, from: FloatFormat)

    /// The operation on raw bits, with its exceptions ored into `flags`.
    @inline(__always)
    public func evaluate(
        rounding: RoundingMode, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ flags: inout FloatFlags
    ) -> UInt64 {
        switch self {
        case .add(let format): SoftFloat.add(a, b, format, rounding, &flags)
        case .subtract(let format): SoftFloat.subtract(a, b, format, rounding, &flags)
        case .multiply(let format): SoftFloat.multiply(a, b, format, rounding, &flags)
        case .divide(let format): SoftFloat.divide(a, b, format, rounding, &flags)
        case .squareRoot(let format): SoftFloat.squareRoot(a, format, rounding, &flags)
        case .multiplyAdd(let format): SoftFloat.multiplyAdd(a, b, c, format, rounding, &flags)
        case .minimum(let format): SoftFloat.minimum(a, b, format, &flags)
        case .maximum(let format): SoftFloat.maximum(a, b, format, &flags)
        case .isEqual(let format): SoftFloat.isEqual(a, b, format, &flags) ? 1 : 0
        case .isLess(let format): SoftFloat.isLess(a, b, format, &flags) ? 1 : 0
        case .isLessOrEqual(let format): SoftFloat.isLessOrEqual(a, b, format, &flags) ? 1 : 0
        case .classify(let format): SoftFloat.classify(a, format)
        case .convert(to: .single): SoftFloat.toSingle(a, rounding, &flags)
        case .convert(to: .double): SoftFloat.toDouble(a, &flags)
        case .fromInteger(let kind, let format): kind.toFloat(a, format, rounding, &flags)
        case .toInteger(let kind, let format): kind.fromFloat(a, format, rounding, &flags)
        }
    }
}

/// The integer side of a conversion.
public enum FloatInteger: UInt8, Sendable, CaseIterable {
    case signed32, unsigned32, signed64, unsigned64

    func toFloat(
        _ a: UInt64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        switch self {
        case .signed32: SoftFloat.fromSigned32(Int32(truncatingIfNeeded: a), format, rounding, &flags)
        case .unsigned32: SoftFloat.fromUnsigned32(UInt32(truncatingIfNeeded: a), format, rounding, &flags)
        case .signed64: SoftFloat.fromSigned64(Int64(bitPattern: a), format, rounding, &flags)
        case .unsigned64: SoftFloat.fromUnsigned64(a, format, rounding, &flags)
        }
    }

    func fromFloat(
        _ a: UInt64, _ format: FloatFormat, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        switch self {
        case .signed32: SoftFloat.toSigned32(a, format, rounding, &flags)
        case .unsigned32: SoftFloat.toUnsigned32(a, format, rounding, &flags)
        case .signed64: SoftFloat.toSigned64(a, format, rounding, &flags)
        case .unsigned64: SoftFloat.toUnsigned64(a, format, rounding, &flags)
        }
    }
}
