// Arithmetic on packed and scalar floating-point numbers.
import MachineCore
import SoftFloat

enum VectorFloatArithmetic {
    private static let packedSingle = FloatLanes(format: .single, isScalar: false)
    private static let packedDouble = FloatLanes(format: .double, isScalar: false)
    private static let scalarSingle = FloatLanes(format: .single, isScalar: true)
    private static let scalarDouble = FloatLanes(format: .double, isScalar: true)

    /// Sums, differences, products, quotients and roots.
    static func basic(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        guard let (lanes, operation) = operation(call.operation) else { return nil }
        // Roots have one operand.
        let first = operation == .squareRoot(lanes.format) ? b : a
        return lanes.make(a) { unit.compute(operation, lanes.lane(first, $0), lanes.lane(b, $0), lanes.format) }
    }

    private static func operation(_ operation: Operation) -> (FloatLanes, FloatOperation)? {
        switch operation {
        case .addps: (packedSingle, .add(.single))
        case .addpd: (packedDouble, .add(.double))
        case .addss: (scalarSingle, .add(.single))
        case .addsd: (scalarDouble, .add(.double))
        case .subps: (packedSingle, .subtract(.single))
        case .subpd: (packedDouble, .subtract(.double))
        case .subss: (scalarSingle, .subtract(.single))
        case .subsd: (scalarDouble, .subtract(.double))
        case .mulps: (packedSingle, .multiply(.single))
        case .mulpd: (packedDouble, .multiply(.double))
        case .mulss: (scalarSingle, .multiply(.single))
        case .mulsd: (scalarDouble, .multiply(.double))
        case .divps: (packedSingle, .divide(.single))
        case .divpd: (packedDouble, .divide(.double))
        case .divss: (scalarSingle, .divide(.single))
        case .divsd: (scalarDouble, .divide(.double))
        case .sqrtps: (packedSingle, .squareRoot(.single))
        case .sqrtpd: (packedDouble, .squareRoot(.double))
        case .sqrtss: (scalarSingle, .squareRoot(.single))
        case .sqrtsd: (scalarDouble, .squareRoot(.double))
        default: nil
        }
    }

    static func extremum(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        let lanes: FloatLanes
        switch call.operation {
        case .minps, .maxps: lanes = packedSingle
        case .minpd, .maxpd: lanes = packedDouble
        case .minss, .maxss: lanes = scalarSingle
        case .minsd, .maxsd: lanes = scalarDouble
        default: return nil
        }
        let isMaximum = [.maxps, .maxpd, .maxss, .maxsd].contains(call.operation)
        return lanes.make(a) {
            unit.extremum(lanes.lane(a, $0), lanes.lane(b, $0), lanes.format, isMaximum: isMaximum)
        }
    }

    /// Sums and differences of neighbours, and alternating ones.
    static func neighbours(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        let lanes: FloatLanes
        switch call.operation {
        case .haddps, .hsubps, .addsubps: lanes = packedSingle
        case .haddpd, .hsubpd, .addsubpd: lanes = packedDouble
        default: return nil
        }
        let format = lanes.format
        let alternates = call.operation == .addsubps || call.operation == .addsubpd
        let isSum = call.operation == .haddps || call.operation == .haddpd
        let half = format == .single ? 2 : 1
        return lanes.make(a) { index in
            if alternates {
                let kind: FloatOperation = index % 2 == 0 ? .subtract(format) : .add(format)
                return unit.compute(kind, lanes.lane(a, index), lanes.lane(b, index), format)
            }
            let source = index < half ? a : b
            let place = index % half * 2
            return unit.compute(
                isSum ? .add(format) : .subtract(format), lanes.lane(source, place), lanes.lane(source, place + 1),
                format)
        }
    }

    static func rounded(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        let lanes: FloatLanes
        switch call.operation {
        case .roundps: lanes = packedSingle
        case .roundpd: lanes = packedDouble
        case .roundss: lanes = scalarSingle
        case .roundsd: lanes = scalarDouble
        default: return nil
        }
        return lanes.make(a) { unit.round(lanes.lane(b, $0), lanes.format, control: call.immediate) }
    }

    /// `dpps` and `dppd`: products where the upper half of the immediate value says, added in pairs, and given where
    /// the lower half says. Exceptions that are not masked stop it after each of these steps.
    static func dotProduct(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        guard call.operation == .dpps || call.operation == .dppd else { return nil }
        let lanes = call.operation == .dpps ? packedSingle : packedDouble
        let format = lanes.format
        let products = lanes.make(.zero) {
            guard call.immediate >> UInt8(4 + $0) & 1 != 0 else { return 0 }
            return unit.compute(.multiply(format), lanes.lane(a, $0), lanes.lane(b, $0), format)
        }
        unit.finishStep()
        if unit.isStopped { return .zero }
        var sum = unit.compute(.add(format), lanes.lane(products, 0), lanes.lane(products, 1), format)
        if format == .single {
            let upper = unit.compute(.add(format), lanes.lane(products, 2), lanes.lane(products, 3), format)
            unit.finishStep()
            if unit.isStopped { return .zero }
            sum = unit.compute(.add(format), sum, upper, format)
        }
        return lanes.make(.zero) { call.immediate >> UInt8($0) & 1 != 0 ? sum : 0 }
    }

    /// `rcp` and `rsqrt`: results with 12 right bits are asked for; these have all of them but the last (Intel SDM
    /// volume 2, RCPPS).
    static func approximated(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        let lanes = call.operation == .rcpss || call.operation == .rsqrtss ? scalarSingle : packedSingle
        switch call.operation {
        case .rcpps, .rcpss: return lanes.make(a) { approximate(lanes.lane(b, $0)) { 1 / $0 } }
        case .rsqrtps, .rsqrtss: return lanes.make(a) { approximate(lanes.lane(b, $0)) { 1 / $0.squareRoot() } }
        default: return nil
        }
    }

    /// Denormal numbers count as zero, in the operand and in the result.
    private static func approximate(_ bits: UInt64, _ body: (Float) -> Float) -> UInt64 {
        let parts = FloatParts(bits, .single)
        if parts.isNaN { return bits | parts.quietBit }
        let value = Float(bitPattern: UInt32(parts.isDenormal ? bits & parts.signBit : bits))
        let result = body(value)
        if result.isNaN { return VectorFloatUnit.defaultNaN(.single) }
        let pattern = UInt64(result.bitPattern)
        return FloatParts(pattern, .single).isDenormal ? pattern & parts.signBit : pattern
    }
}
