// The operations of the intermediate representation.

/// An operation. What each one takes, gives and touches is in `IROp.table`.
///
/// The arithmetic verbs mean exactly what the verbs of `Semantics` with the same names mean.
public enum IROp: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    // Markers
    case instructionStart
    // Leaves
    case constant, constantCondition, programCounter
    // Guest state
    case loadState, storeState
    // Integer arithmetic
    case add, subtract, and, or, xor
    case shiftLeft, shiftRightLogical, shiftRightArithmetic
    case multiply, multiplyHighUnsigned, multiplyHighSigned
    case divideUnsigned, divideSigned, remainderUnsigned, remainderSigned
    case countLeadingZeros, countTrailingZeros, countOnes, reverseBytes
    case signExtend, zeroExtend
    // Conditions
    case isEqual, isLessSigned, isLessUnsigned, not, select
    // Flags
    case statusFlags, flagsHold
    // Vectors in state fields
    case vector, loadVector, storeVector
    // Guest memory
    case load, store, atomicUpdate, compareAndStore, fence
    // Floating point
    case float, unboxSingle
    // Leaving the straight line, or the IR
    case raiseIf, exitIf, exitToValueIf, callHelper
    // Terminators
    case jump, jumpToValue, branch, exit, exitToValue, raise
}

extension IROp {
    /// The operands can be swapped.
    var isCommutative: Bool {
        switch self {
        case .add, .and, .or, .xor, .multiply, .multiplyHighUnsigned, .multiplyHighSigned, .isEqual: true
        default: false
        }
    }
}
