// Arithmetic on packed and scalar floating-point numbers.
import MachineCore
import SoftFloat

enum VectorFloatArithmetic {
    private static let packedSingle = FloatLanes(format: .single, isScalar: false)
    private static let packedDouble = FloatLanes(format: .double, isScalar: false)
    private static let scalarSingle = FloatLanes(format: .single, isScalar: true)
    private static let scalarDouble = FloatLanes(format: .double, isScalar: true)

    static func result(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        if let (lanes, operation) = operation(call.operation) {
            return lanes.make(a) {
                let isRoot = operation == .squareRoot(lanes.format)
                return unit.compute(
                    operation, isRoot ? lanes.lane(b, $0) : lanes.lane(a, $0), lanes.lane(b, $0), lanes.format)
            }
        }
        return extremum(call.operation, a, b, &unit) ?? neighbours(call.operation, a, b, &unit)
            ?? rounded(call, a, b, &unit) ?? dotProduct(call, a, b, &unit) ?? approximated(call.operation, a, b)
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

    private static func extremum(
        _ operation: Operation, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        let lanes: FloatLanes
        switch operation {
        case .minps, .maxps: lanes = packedSingle
        case .minpd, .maxpd: lanes = packedDouble
        case .minss, .maxss: lanes = scalarSingle
        case .minsd, .maxsd: lanes = scalarDouble
        default: return nil
        }
        let isMaximum = [.maxps, .maxpd, .maxss, .maxsd].contains(operation)
        return lanes.make(a) {
            unit.extremum(lanes.lane(a, $0), lanes.lane(b, $0), lanes.format, isMaximum: isMaximum)
        }
    }

    /// Sums and differences of neighbours, and alternating ones.
    private static func neighbours(
        _ operation: Operation, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        let lanes: FloatLanes
        switch operation {
        case .haddps, .hsubps, .addsubps: lanes = packedSingle
        case .haddpd, .hsubpd, .addsubpd: lanes = packedDouble
        default: return nil
        }
        let format = lanes.format
        let half = format == .single ? 2 : 1
        return lanes.make(a) { index in
            if operation == .addsubps || operation == .addsubpd {
                let kind: FloatOperation = index % 2 == 0 ? .subtract(format) : .add(format)
                return unit.compute(kind, lanes.lane(a, index), lanes.lane(b, index), format)
            }
            let source = index < half ? a : b
            let place = index % half * 2
            let isSum = operation == .haddps || operation == .haddpd
            return unit.compute(
                isSum ? .add(format) : .subtract(format), lanes.lane(source, place), lanes.lane(source, place + 1),
                format)
        }
    }

    private static func rounded(
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
    /// the lower half says.
    private static func dotProduct(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        guard call.operation == .dpps || call.operation == .dppd else { return nil }
        let lanes = call.operation == .dpps ? packedSingle : packedDouble
        let format = lanes.format
        let control = call.immediate
        let count = format == .single ? 4 : 2
        let products = (0..<count).map { index -> UInt64 in
            guard control >> UInt8(4 + index) & 1 != 0 else { return 0 }
            return unit.compute(.multiply(format), lanes.lane(a, index), lanes.lane(b, index), format)
        }
        var sum = unit.compute(.add(format), products[0], products[1], format)
        if count == 4 {
            let upper = unit.compute(.add(format), products[2], products[3], format)
            sum = unit.compute(.add(format), sum, upper, format)
        }
        return lanes.make(a) { control >> UInt8($0) & 1 != 0 ? sum : 0 }
    }

    /// `rcp` and `rsqrt`: results with 12 right bits are asked for; these have all of them but the last (Intel SDM
    /// volume 2, RCPPS).
    private static func approximated(_ operation: Operation, _ a: Vector128, _ b: Vector128) -> Vector128? {
        let lanes = operation == .rcpss || operation == .rsqrtss ? scalarSingle : packedSingle
        switch operation {
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
