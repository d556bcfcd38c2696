// Which function computes an operation on vectors.

/// Computes the operations of one family on integers or places of lanes; nil for all others.
typealias VectorFamily = @Sendable (VectorCall, Vector128, Vector128) -> Vector128?
/// Computes the operations of one family on floating-point numbers; nil for all others.
typealias VectorFloatFamily = @Sendable (VectorCall, Vector128, Vector128, inout VectorFloatUnit) -> Vector128?

/// All families, and the one of each operation: every family is asked once.
enum VectorFamilies {
    private static let all: [VectorFamily] = [
        VectorArithmetic.wrapped, VectorArithmetic.saturated, VectorArithmetic.product, VectorArithmetic.horizontal,
        VectorComparison.result, VectorShift.result, VectorWidening.result, VectorShuffle.interleaved,
        VectorShuffle.shuffled, VectorShuffle.inserted, VectorShuffle.moved, VectorCipher.result,
    ]

    private static let allFloat: [VectorFloatFamily] = [
        VectorFloatArithmetic.basic, VectorFloatArithmetic.extremum, VectorFloatArithmetic.neighbours,
        VectorFloatArithmetic.rounded, VectorFloatArithmetic.dotProduct, VectorFloatArithmetic.approximated,
        VectorFloatComparison.mask, VectorFloatConversion.fromIntegers, VectorFloatConversion.toIntegers,
        VectorFloatConversion.betweenFormats,
    ]

    /// By operation.
    private static let integerTable: [VectorFamily?] = Operation.allCases.map { operation in
        all.first { $0(VectorCall(operation), .zero, .zero) != nil }
    }

    private static let floatTable: [VectorFloatFamily?] = Operation.allCases.map { operation in
        var unit = VectorFloatUnit(VectorFloatUnit.initialControl)
        return allFloat.first { $0(VectorCall(operation), .zero, .zero, &unit) != nil }
    }

    /// The family on integers or places that knows `operation`.
    static func integer(_ operation: Operation) -> VectorFamily? { integerTable[Int(operation.rawValue)] }

    /// The family on floating-point numbers that knows `operation`.
    static func float(_ operation: Operation) -> VectorFloatFamily? { floatTable[Int(operation.rawValue)] }
}

extension VectorCall {
    /// An operation without operands.
    fileprivate init(_ operation: Operation) { self.init(rawValue: UInt64(operation.rawValue)) }

    /// The operands for what takes all lanes of the first, then all of the second: MMX registers are the two halves
    /// of one vector.
    func joined(_ a: Vector128, _ b: Vector128) -> (Vector128, Vector128) {
        isMMX ? (Vector128(a.low, b.low), .zero) : (a, b)
    }
}
