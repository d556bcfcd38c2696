// Operands worth testing: corners in all combinations, and random ones drawn to the hard places.
import SoftFloat

/// SplitMix64: a fixed sequence for a fixed seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Makes test vectors for one format.
struct VectorGenerator {
    var random: SplitMix
    let format: FloatFormat

    var fractionBits: UInt64 { format == .double ? 52 : 23 }
    var exponentMaximum: Int { format == .double ? 0x7FF : 0xFF }
    var bias: Int { exponentMaximum / 2 }
    var signBit: UInt64 { format == .double ? 1 << 63 : 1 << 31 }
    var fractionMask: UInt64 { 1 << fractionBits - 1 }

    init(_ format: FloatFormat, seed: UInt64) {
        self.format = format
        random = SplitMix(state: seed)
    }

    func encode(exponent: Int, fraction: UInt64) -> UInt64 {
        UInt64(min(max(exponent, 0), exponentMaximum)) << fractionBits | (fraction & fractionMask)
    }

    /// Positive corners: both signs of each are in `corners`.
    private var positiveCorners: [UInt64] {
        let top = exponentMaximum
        let ones = fractionMask
        let halfway = 1 << (fractionBits - 1)
        return [
            0, 1, 2, ones, ones - 1, UInt64(halfway),  // zero and subnormal numbers
            encode(exponent: 1, fraction: 0), encode(exponent: 1, fraction: 1),
            encode(exponent: 1, fraction: ones), encode(exponent: 2, fraction: 0),
            encode(exponent: bias - 1, fraction: 0), encode(exponent: bias - 1, fraction: ones),
            encode(exponent: bias, fraction: 0), encode(exponent: bias, fraction: 1),
            encode(exponent: bias, fraction: UInt64(halfway)), encode(exponent: bias + 1, fraction: 0),
            encode(exponent: bias + Int(fractionBits), fraction: ones),
            encode(exponent: bias + Int(fractionBits) + 1, fraction: 1),
            encode(exponent: top - 2, fraction: ones), encode(exponent: top - 1, fraction: 0),
            encode(exponent: top - 1, fraction: ones), encode(exponent: top, fraction: 0),
            encode(exponent: top, fraction: 1), encode(exponent: top, fraction: UInt64(halfway) | 5),
        ]
    }

    /// The ends of the integer ranges and halves around them.
    private var integerBoundaries: [UInt64] {
        [0, 1, 30, 31, 32, 62, 63, 64].flatMap { power -> [UInt64] in
            let exact = encode(exponent: bias + power, fraction: 0)
            return [exact - 1, exact, exact + 1, encode(exponent: bias + power, fraction: fractionMask << 1)]
        }
    }

    var corners: [UInt64] { positiveCorners + positiveCorners.map { $0 | signBit } }

    func corners(for operation: FloatOperationCase) -> [UInt64] {
        if operation.isConversionFromInteger {
            return (0..<64).flatMap { [1 << $0, (1 << $0) - 1, 0 &- (1 << $0)] }
        }
        if operation.isConversionToInteger {
            return corners + integerBoundaries + integerBoundaries.map { $0 | signBit }
        }
        return corners
    }

    /// A fraction with a shape that provokes carries, ties and long runs.
    mutating func fraction() -> UInt64 {
        let bits = random.next()
        let position = random.next() % fractionBits
        switch random.next() % 6 {
        case 0: return 0
        case 1: return fractionMask &- (bits & 3)
        case 2: return (1 << position) &+ (bits & 1)
        case 3: return fractionMask << position
        case 4: return fractionMask >> position
        default: return bits & fractionMask
        }
    }

    /// A number with any exponent, all kinds in fair share.
    mutating func number() -> UInt64 {
        let spread = Int(random.next() % 8)
        switch random.next() % 8 {
        case 0: return number(exponent: 0)
        case 1: return number(exponent: spread)
        case 2: return number(exponent: exponentMaximum - 1 - spread)
        case 3: return corners[Int(random.next() % UInt64(corners.count))]
        case 4, 5: return number(exponent: bias - 4 + spread)
        default: return number(exponent: Int(random.next() % UInt64(exponentMaximum)))
        }
    }

    mutating func number(exponent: Int) -> UInt64 {
        encode(exponent: exponent, fraction: fraction()) | (random.next() & signBit)
    }

    /// An exponent near `target`, at most `distance` away.
    mutating func number(near target: Int, distance: Int) -> UInt64 {
        let offset = Int(random.next() % UInt64(2 * distance + 1)) - distance
        return number(exponent: min(max(target + offset, 0), exponentMaximum - 1))
    }

    func exponent(_ bits: UInt64) -> Int { Int((bits & (signBit - 1)) >> fractionBits) }

    mutating func vector(_ operation: FloatOperationCase, _ rounding: RoundingMode) -> FloatVector {
        var vector = FloatVector(operation: operation, rounding: rounding, a: number())
        let anchor = exponent(vector.a)
        let related = random.next() % 4 != 0
        switch operation.kind {
        case .add, .subtract, .minimum, .maximum, .isEqual, .isLess, .isLessOrEqual:
            vector.b = related ? number(near: anchor, distance: Int(fractionBits) + 4) : number()
            if random.next() % 16 == 0 { vector.b = vector.a ^ (random.next() & (signBit | 3)) }
        case .multiply:
            // Products at the lower and the upper end of the range.
            let target = random.next() % 2 == 0 ? bias - anchor : bias + exponentMaximum - anchor
            vector.b = related ? number(near: target, distance: Int(fractionBits) + 2) : number()
        case .divide:
            let target = random.next() % 2 == 0 ? anchor + bias : anchor - bias
            vector.b = related ? number(near: target, distance: Int(fractionBits) + 2) : number()
        case .multiplyAdd: fillFused(&vector)
        case .convert where operation.format == .double:
            // The range of binary32, subnormal numbers and overflow included.
            if related { vector.a = number(near: bias, distance: 160) }
        case .squareRoot:
            if related { vector.a &= ~signBit }
        case .fromSigned32, .fromUnsigned32, .fromSigned64, .fromUnsigned64:
            vector.a = integer()
        case .toSigned32, .toUnsigned32, .toSigned64, .toUnsigned64:
            if related { vector.a = number(near: bias + 31, distance: 36) }
        default: break
        }
        return vector
    }

    /// Addends of all sizes relative to the product, and near-complete cancellation.
    private mutating func fillFused(_ vector: inout FloatVector) {
        let anchor = exponent(vector.a)
        vector.b = random.next() % 2 == 0 ? number(near: 2 * bias - anchor, distance: bias) : number()
        let product = anchor + exponent(vector.b) - bias
        switch random.next() % 4 {
        case 0: vector.c = number()
        case 1: vector.c = nearProduct(vector.a, vector.b) ^ signBit ^ (random.next() & 3)
        default: vector.c = number(near: product, distance: 2 * Int(fractionBits) + 6)
        }
    }

    private func nearProduct(_ a: UInt64, _ b: UInt64) -> UInt64 {
        if format == .double { return (Double(bitPattern: a) * Double(bitPattern: b)).bitPattern }
        let (x, y) = (Float(bitPattern: UInt32(a)), Float(bitPattern: UInt32(b)))
        return UInt64((x * y).bitPattern)
    }

    /// An integer of any length, with runs of ones and zeros.
    private mutating func integer() -> UInt64 {
        let bits = random.next()
        let length = random.next() % 64
        switch random.next() % 4 {
        case 0: return bits >> length
        case 1: return (UInt64.max << length) &+ (bits & 3)
        case 2: return (UInt64.max >> length) &- (bits & 3)
        default: return (1 << length) &+ (UInt64(1) << (bits % 64)) &+ (bits >> 63)
        }
    }
}

extension VectorGenerator {
    /// All combinations of corners, and `randomCount` random vectors, per operation and rounding mode.
    static func vectors(
        _ operations: [FloatOperationCase], _ roundings: [RoundingMode], randomCount: Int, seed: UInt64
    ) -> [FloatVector] {
        var vectors: [FloatVector] = []
        for (index, operation) in operations.enumerated() {
            var generator = VectorGenerator(operation.format, seed: seed &+ UInt64(index))
            for rounding in roundings {
                vectors += generator.cornerVectors(operation, rounding)
                for _ in 0..<randomCount { vectors.append(generator.vector(operation, rounding)) }
            }
        }
        return vectors
    }

    private mutating func cornerVectors(
        _ operation: FloatOperationCase, _ rounding: RoundingMode
    ) -> [FloatVector] {
        let corners = corners(for: operation)
        guard operation.operandCount > 1 else {
            return corners.map { FloatVector(operation: operation, rounding: rounding, a: $0) }
        }
        // A third operand in all combinations would be too many: four samples for each pair.
        let repeats = operation.operandCount == 3 ? 4 : 1
        var vectors: [FloatVector] = []
        for a in corners {
            for b in corners {
                for _ in 0..<repeats {
                    let c = corners[Int(random.next() % UInt64(corners.count))]
                    vectors.append(FloatVector(operation: operation, rounding: rounding, a: a, b: b, c: c))
                }
            }
        }
        return vectors
    }
}
