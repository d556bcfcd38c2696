// The pure verbs as data.
import MachineCore

/// Every verb that computes a value from values. Unused operands are ignored.
enum Verb: Hashable, CaseIterable {
    case add, subtract, and, or, xor, shiftLeft, shiftRightLogical, shiftRightArithmetic
    case multiply, multiplyHighUnsigned, multiplyHighSigned
    case divideUnsigned, divideSigned, remainderUnsigned, remainderSigned
    case countLeadingZeros, countTrailingZeros, countOnes, reverseBytes
    case signExtend(AccessWidth), zeroExtend(AccessWidth)
    case isEqual, isLessSigned, isLessUnsigned, notEqual, notNotEqual, selectLess
    /// What the builder folds: bits that an `or` has set, extension by two shifts.
    case andOfOr, orOfOr, extendByShifts

    static var allCases: [Verb] {
        let widths: [AccessWidth] = [.byte, .half, .word, .double]
        return [
            .add, .subtract, .and, .or, .xor, .shiftLeft, .shiftRightLogical, .shiftRightArithmetic,
            .multiply, .multiplyHighUnsigned, .multiplyHighSigned,
            .divideUnsigned, .divideSigned, .remainderUnsigned, .remainderSigned,
            .countLeadingZeros, .countTrailingZeros, .countOnes, .reverseBytes,
            .isEqual, .isLessSigned, .isLessUnsigned, .notEqual, .notNotEqual, .selectLess,
            .andOfOr, .orOfOr, .extendByShifts,
        ] + widths.map { .signExtend($0) } + widths.map { .zeroExtend($0) }
    }

    func apply<S: Semantics>(_ s: inout S, _ a: S.Value, _ b: S.Value) -> S.Value {
        switch self {
        case .add: s.add(a, b)
        case .subtract: s.subtract(a, b)
        case .and: s.and(a, b)
        case .or: s.or(a, b)
        case .xor: s.xor(a, b)
        case .shiftLeft: s.shiftLeft(a, by: b)
        case .shiftRightLogical: s.shiftRightLogical(a, by: b)
        case .shiftRightArithmetic: s.shiftRightArithmetic(a, by: b)
        case .multiply: s.multiply(a, b)
        case .multiplyHighUnsigned: s.multiplyHighUnsigned(a, b)
        case .multiplyHighSigned: s.multiplyHighSigned(a, b)
        case .divideUnsigned: s.divideUnsigned(a, b)
        case .divideSigned: s.divideSigned(a, b)
        case .remainderUnsigned: s.remainderUnsigned(a, b)
        case .remainderSigned: s.remainderSigned(a, b)
        case .countLeadingZeros: s.countLeadingZeros(a)
        case .countTrailingZeros: s.countTrailingZeros(a)
        case .countOnes: s.countOnes(a)
        case .reverseBytes: s.reverseBytes(a)
        case .signExtend(let width): s.signExtend(a, from: width)
        case .zeroExtend(let width): s.zeroExtend(a, from: width)
        case .isEqual: truth(&s, s.isEqual(a, b))
        case .isLessSigned: truth(&s, s.isLessSigned(a, b))
        case .isLessUnsigned: truth(&s, s.isLessUnsigned(a, b))
        case .notEqual: truth(&s, s.not(s.isEqual(a, b)))
        case .notNotEqual: truth(&s, s.not(s.not(s.isEqual(a, b))))
        case .selectLess: s.select(s.isLessUnsigned(a, b), a, b)
        case .andOfOr: s.and(s.or(a, s.constant(0x6600)), s.constant(0x2400))
        case .orOfOr: s.or(s.or(a, s.constant(0x6600)), s.constant(0x2400))
        case .extendByShifts:
            s.shiftRightLogical(s.shiftLeft(a, by: s.constant(32)), by: s.constant(32))
        }
    }

    private func truth<S: Semantics>(_ s: inout S, _ condition: S.Condition) -> S.Value {
        s.select(condition, s.constant(1), s.constant(0))
    }
}
