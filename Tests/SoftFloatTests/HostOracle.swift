// The second outside oracle: the processor that runs the tests.
import Glibc
import SoftFloat

/// Executes operations with the host's floating-point unit under a chosen rounding mode.
///
/// The compiler assumes that nobody looks at the rounding mode or the flags. Operands and results
/// therefore pass through memory that the calls to `feclearexcept` and `fetestexcept` might touch, for
/// all that the compiler knows: no operation can move across them.
struct HostOracle {
    /// Operands in 0...2, the result in 3.
    private let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: 4)

    /// What the host delivers, or nil where it has no such operation or different rules.
    func outcome(_ vector: FloatVector) -> FloatOutcome? {
        guard let mode = Self.hostMode(vector.rounding), Self.isComparable(vector) else { return nil }
        slots[0] = vector.a
        slots[1] = vector.b
        slots[2] = vector.c
        fesetround(mode)
        let raised = vector.operation.format == .double
            ? hostDouble(vector.operation.kind, slots) : hostSingle(vector.operation.kind, slots)
        fesetround(FE_TONEAREST)
        return FloatOutcome(result: Self.canonical(slots[3], vector.operation), flags: Self.flags(raised))
    }

    func remove() { slots.deallocate() }

    static let kinds: [FloatOperationCase.Kind] = [
        .add, .subtract, .multiply, .divide, .squareRoot, .multiplyAdd, .isEqual, .convert,
        .fromSigned64, .toSigned64,
    ]

    private static func hostMode(_ rounding: RoundingMode) -> Int32? {
        switch rounding {
        case .nearestEven: FE_TONEAREST
        case .towardZero: FE_TOWARDZERO
        case .down: FE_DOWNWARD
        case .up: FE_UPWARD
        case .nearestAway: nil
        }
    }

    private static func flags(_ raised: Int32) -> FloatFlags {
        var flags: FloatFlags = []
        if raised & FE_INEXACT != 0 { flags.insert(.inexact) }
        if raised & FE_UNDERFLOW != 0 { flags.insert(.underflow) }
        if raised & FE_OVERFLOW != 0 { flags.insert(.overflow) }
        if raised & FE_DIVBYZERO != 0 { flags.insert(.divideByZero) }
        if raised & FE_INVALID != 0 { flags.insert(.invalid) }
        return flags
    }

    /// x86 propagates NaNs, so only that the result is one can be compared.
    private static func canonical(_ bits: UInt64, _ operation: FloatOperationCase) -> UInt64 {
        if operation.isConversionToInteger || operation.kind == .isEqual { return bits }
        if operation.deliversSingle {
            return Float(bitPattern: UInt32(bits)).isNaN ? SoftFloat.canonicalNaN(.single) : bits
        }
        return Double(bitPattern: bits).isNaN ? SoftFloat.canonicalNaN(.double) : bits
    }

    /// x86 leaves `infinity * 0 + NaN` valid and does not saturate integers.
    private static func isComparable(_ vector: FloatVector) -> Bool {
        let value = { (bits: UInt64) in
            vector.operation.format == .double
                ? Double(bitPattern: bits) : Double(Float(bitPattern: UInt32(bits)))
        }
        switch vector.operation.kind {
        case .multiplyAdd: return !value(vector.c).isNaN
        case .toSigned64: return value(vector.a).magnitude < 0x1p63
        default: return true
        }
    }
}

/// `FE_ALL_EXCEPT`, a macro that Swift does not import.
private var allExceptions: Int32 {
    FE_INEXACT | FE_UNDERFLOW | FE_OVERFLOW | FE_DIVBYZERO | FE_INVALID
}

/// Computes on binary64 operands and returns what `fetestexcept` says.
@inline(never)
private func hostDouble(_ kind: FloatOperationCase.Kind, _ slots: UnsafeMutablePointer<UInt64>) -> Int32 {
    feclearexcept(allExceptions)
    let a = Double(bitPattern: slots[0])
    let b = Double(bitPattern: slots[1])
    switch kind {
    case .add: slots[3] = (a + b).bitPattern
    case .subtract: slots[3] = (a - b).bitPattern
    case .multiply: slots[3] = (a * b).bitPattern
    case .divide: slots[3] = (a / b).bitPattern
    case .squareRoot: slots[3] = a.squareRoot().bitPattern
    case .multiplyAdd: slots[3] = fma(a, b, Double(bitPattern: slots[2])).bitPattern
    case .isEqual: slots[3] = a == b ? 1 : 0
    case .convert: slots[3] = UInt64(Float(a).bitPattern)
    case .fromSigned64: slots[3] = Double(Int64(bitPattern: slots[0])).bitPattern
    case .toSigned64: slots[3] = UInt64(bitPattern: Int64(lrint(a)))
    default: fatalError("\(kind) is not in HostOracle.kinds")
    }
    return fetestexcept(allExceptions)
}

/// Computes on binary32 operands and returns what `fetestexcept` says.
@inline(never)
private func hostSingle(_ kind: FloatOperationCase.Kind, _ slots: UnsafeMutablePointer<UInt64>) -> Int32 {
    feclearexcept(allExceptions)
    let a = Float(bitPattern: UInt32(truncatingIfNeeded: slots[0]))
    let b = Float(bitPattern: UInt32(truncatingIfNeeded: slots[1]))
    switch kind {
    case .add: slots[3] = UInt64((a + b).bitPattern)
    case .subtract: slots[3] = UInt64((a - b).bitPattern)
    case .multiply: slots[3] = UInt64((a * b).bitPattern)
    case .divide: slots[3] = UInt64((a / b).bitPattern)
    case .squareRoot: slots[3] = UInt64(a.squareRoot().bitPattern)
    case .multiplyAdd:
        let c = Float(bitPattern: UInt32(truncatingIfNeeded: slots[2]))
        slots[3] = UInt64(fmaf(a, b, c).bitPattern)
    case .isEqual: slots[3] = a == b ? 1 : 0
    case .convert: slots[3] = Double(a).bitPattern
    case .fromSigned64: slots[3] = UInt64(Float(Int64(bitPattern: slots[0])).bitPattern)
    case .toSigned64: slots[3] = UInt64(bitPattern: Int64(lrintf(a)))
    default: fatalError("\(kind) is not in HostOracle.kinds")
    }
    return fetestexcept(allExceptions)
}
