// Every operation of the module as data: how the module and how RISC-V assembly compute it.
import SoftFloat

/// One operation in one format.
struct FloatOperationCase: Hashable, Sendable {
    enum Kind: UInt8, CaseIterable, Sendable {
        case add, subtract, multiply, divide, squareRoot, multiplyAdd
        case minimum, maximum, isEqual, isLess, isLessOrEqual, classify
        /// To the other format.
        case convert
        case fromSigned32, fromUnsigned32, fromSigned64, fromUnsigned64
        case toSigned32, toUnsigned32, toSigned64, toUnsigned64
    }

    var kind: Kind
    /// The format of the operands; of the result for conversions from integers.
    var format: FloatFormat

    static let all = Kind.allCases.flatMap { kind in
        FloatFormat.allCases.map { FloatOperationCase(kind: kind, format: $0) }
    }

    var isConversionToInteger: Bool { kind.rawValue >= Kind.toSigned32.rawValue }

    var isConversionFromInteger: Bool {
        kind.rawValue >= Kind.fromSigned32.rawValue && !isConversionToInteger
    }

    /// Whether there are operands with an inexact result.
    var rounds: Bool {
        switch kind {
        case .minimum, .maximum, .isEqual, .isLess, .isLessOrEqual, .classify: false
        case .convert: format == .double
        case .fromSigned32, .fromUnsigned32: format == .single
        default: true
        }
    }

    var operandCount: Int {
        switch kind {
        case .multiplyAdd: 3
        case .add, .subtract, .multiply, .divide, .minimum, .maximum, .isEqual, .isLess, .isLessOrEqual: 2
        default: 1
        }
    }

    /// What the module computes.
    func evaluate(_ vector: FloatVector) -> FloatOutcome {
        var flags: FloatFlags = []
        let result = evaluate(vector, &flags)
        return FloatOutcome(result: result, flags: flags)
    }

    private func evaluate(_ vector: FloatVector, _ flags: inout FloatFlags) -> UInt64 {
        let (a, b, c, rounding) = (vector.a, vector.b, vector.c, vector.rounding)
        switch kind {
        case .add: return SoftFloat.add(a, b, format, rounding, &flags)
        case .subtract: return SoftFloat.subtract(a, b, format, rounding, &flags)
        case .multiply: return SoftFloat.multiply(a, b, format, rounding, &flags)
        case .divide: return SoftFloat.divide(a, b, format, rounding, &flags)
        case .squareRoot: return SoftFloat.squareRoot(a, format, rounding, &flags)
        case .multiplyAdd: return SoftFloat.multiplyAdd(a, b, c, format, rounding, &flags)
        case .minimum: return SoftFloat.minimum(a, b, format, &flags)
        case .maximum: return SoftFloat.maximum(a, b, format, &flags)
        case .isEqual: return SoftFloat.isEqual(a, b, format, &flags) ? 1 : 0
        case .isLess: return SoftFloat.isLess(a, b, format, &flags) ? 1 : 0
        case .isLessOrEqual: return SoftFloat.isLessOrEqual(a, b, format, &flags) ? 1 : 0
        case .classify: return SoftFloat.classify(a, format)
        default: return evaluateConversion(a, rounding, &flags)
        }
    }

    private func evaluateConversion(
        _ a: UInt64, _ rounding: RoundingMode, _ flags: inout FloatFlags
    ) -> UInt64 {
        switch kind {
        case .fromSigned32:
            return SoftFloat.fromSigned32(Int32(truncatingIfNeeded: a), format, rounding, &flags)
        case .fromUnsigned32:
            return SoftFloat.fromUnsigned32(UInt32(truncatingIfNeeded: a), format, rounding, &flags)
        case .fromSigned64: return SoftFloat.fromSigned64(Int64(bitPattern: a), format, rounding, &flags)
        case .fromUnsigned64: return SoftFloat.fromUnsigned64(a, format, rounding, &flags)
        case .toSigned32: return SoftFloat.toSigned32(a, format, rounding, &flags)
        case .toUnsigned32: return SoftFloat.toUnsigned32(a, format, rounding, &flags)
        case .toSigned64: return SoftFloat.toSigned64(a, format, rounding, &flags)
        case .toUnsigned64: return SoftFloat.toUnsigned64(a, format, rounding, &flags)
        default:
            return format == .double
                ? SoftFloat.toSingle(a, rounding, &flags) : SoftFloat.toDouble(a, &flags)
        }
    }

    /// Assembly that reads ft0, ft1, ft2 or the integer `a` and leaves the result in `result`.
    var assembly: String {
        let own = format == .double ? "d" : "s"
        let other = format == .double ? "s" : "d"
        let move = { (format: String) in "fmv.x.\(format == "d" ? "d" : "w") %[result], ft0" }
        let computed = { (text: String) in "\(text)\\n\(move(own))" }
        switch kind {
        case .add: return computed("fadd.\(own) ft0, ft0, ft1, dyn")
        case .subtract: return computed("fsub.\(own) ft0, ft0, ft1, dyn")
        case .multiply: return computed("fmul.\(own) ft0, ft0, ft1, dyn")
        case .divide: return computed("fdiv.\(own) ft0, ft0, ft1, dyn")
        case .squareRoot: return computed("fsqrt.\(own) ft0, ft0, dyn")
        case .multiplyAdd: return computed("fmadd.\(own) ft0, ft0, ft1, ft2, dyn")
        case .minimum: return computed("fmin.\(own) ft0, ft0, ft1")
        case .maximum: return computed("fmax.\(own) ft0, ft0, ft1")
        case .isEqual: return "feq.\(own) %[result], ft0, ft1"
        case .isLess: return "flt.\(own) %[result], ft0, ft1"
        case .isLessOrEqual: return "fle.\(own) %[result], ft0, ft1"
        case .classify: return "fclass.\(own) %[result], ft0"
        case .convert: return "fcvt.\(other).\(own) ft0, ft0\(own == "d" ? ", dyn" : "")\\n\(move(other))"
        case .fromSigned32: return computed("fcvt.\(own).w ft0, %[a]\(own == "s" ? ", dyn" : "")")
        case .fromUnsigned32: return computed("fcvt.\(own).wu ft0, %[a]\(own == "s" ? ", dyn" : "")")
        case .fromSigned64: return computed("fcvt.\(own).l ft0, %[a], dyn")
        case .fromUnsigned64: return computed("fcvt.\(own).lu ft0, %[a], dyn")
        case .toSigned32: return "fcvt.w.\(own) %[result], ft0, dyn"
        case .toUnsigned32: return "fcvt.wu.\(own) %[result], ft0, dyn"
        case .toSigned64: return "fcvt.l.\(own) %[result], ft0, dyn"
        case .toUnsigned64: return "fcvt.lu.\(own) %[result], ft0, dyn"
        }
    }

    /// Whether the result is a binary32 number: RISC-V moves those to integer registers sign-extended.
    var deliversSingle: Bool {
        switch kind {
        case .isEqual, .isLess, .isLessOrEqual, .classify: false
        case .convert: format == .double
        default: format == .single && !isConversionToInteger
        }
    }
}

/// The operands and the rounding mode of one test.
struct FloatVector {
    var operation: FloatOperationCase
    var rounding: RoundingMode
    var a: UInt64
    var b: UInt64 = 0
    var c: UInt64 = 0
}

extension FloatVector: CustomStringConvertible {
    var description: String {
        let operands = [a, b, c].prefix(operation.operandCount).map { String($0, radix: 16) }
        return "\(operation.kind).\(operation.format)(\(operands.joined(separator: ", "))) \(rounding)"
    }
}

/// What an operation delivers.
struct FloatOutcome: Equatable, CustomStringConvertible {
    var result: UInt64
    var flags: FloatFlags

    var description: String { "\(String(result, radix: 16)) flags \(flags.rawValue)" }
}
