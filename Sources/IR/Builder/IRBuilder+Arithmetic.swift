// The verbs on values and CPU state.
import MachineCore

extension IRBuilder {
    public mutating func programCounter(plus offset: Int64) -> IRValue {
        address(currentDistance &+ offset)
    }

    public mutating func loadState(_ offset: Int, _ width: AccessWidth) -> IRValue {
        if offset == environment.zeroField { return constant(0) }
        let width8 = width.rawValue
        if let known = knownFields.field(offset, width: width8) {
            let value = IRValue(index: known.value)
            return known.isZeroExtended ? value : zeroExtend(value, from: width)
        }
        let immediate = UInt64(bitPattern: Int64(offset))
        let index = emit(IRInstruction(.loadState, immediate: immediate, width: width))
        knownFields.remember(offset, width: width8, value: index, isZeroExtended: true)
        return IRValue(index: index)
    }

    public mutating func storeState(_ offset: Int, _ value: IRValue, _ width: AccessWidth) {
        if let known = knownFields.field(offset, width: width.rawValue), known.value == value.index { return }
        let isWhole = width == .double
        knownFields.remember(offset, width: width.rawValue, value: value.index, isZeroExtended: isWhole)
        let immediate = UInt64(bitPattern: Int64(offset))
        emit(IRInstruction(.storeState, value.index, immediate: immediate, width: width))
    }

    public mutating func add(_ a: IRValue, _ b: IRValue) -> IRValue { binary(.add, a, b) }
    public mutating func subtract(_ a: IRValue, _ b: IRValue) -> IRValue { binary(.subtract, a, b) }
    public mutating func and(_ a: IRValue, _ b: IRValue) -> IRValue { binary(.and, a, b) }
    public mutating func or(_ a: IRValue, _ b: IRValue) -> IRValue { binary(.or, a, b) }
    public mutating func xor(_ a: IRValue, _ b: IRValue) -> IRValue { binary(.xor, a, b) }

    public mutating func shiftLeft(_ a: IRValue, by amount: IRValue) -> IRValue {
        binary(.shiftLeft, a, amount)
    }
    public mutating func shiftRightLogical(_ a: IRValue, by amount: IRValue) -> IRValue {
        binary(.shiftRightLogical, a, amount)
    }
    public mutating func shiftRightArithmetic(_ a: IRValue, by amount: IRValue) -> IRValue {
        binary(.shiftRightArithmetic, a, amount)
    }

    public mutating func multiply(_ a: IRValue, _ b: IRValue) -> IRValue { binary(.multiply, a, b) }
    public mutating func multiplyHighUnsigned(_ a: IRValue, _ b: IRValue) -> IRValue {
        binary(.multiplyHighUnsigned, a, b)
    }
    public mutating func multiplyHighSigned(_ a: IRValue, _ b: IRValue) -> IRValue {
        binary(.multiplyHighSigned, a, b)
    }
    public mutating func divideUnsigned(_ a: IRValue, _ b: IRValue) -> IRValue {
        binary(.divideUnsigned, a, b)
    }
    public mutating func divideSigned(_ a: IRValue, _ b: IRValue) -> IRValue { binary(.divideSigned, a, b) }
    public mutating func remainderUnsigned(_ a: IRValue, _ b: IRValue) -> IRValue {
        binary(.remainderUnsigned, a, b)
    }
    public mutating func remainderSigned(_ a: IRValue, _ b: IRValue) -> IRValue {
        binary(.remainderSigned, a, b)
    }

    public mutating func countLeadingZeros(_ a: IRValue) -> IRValue { unary(.countLeadingZeros, a) }
    public mutating func countTrailingZeros(_ a: IRValue) -> IRValue { unary(.countTrailingZeros, a) }
    public mutating func countOnes(_ a: IRValue) -> IRValue { unary(.countOnes, a) }
    public mutating func reverseBytes(_ a: IRValue) -> IRValue { unary(.reverseBytes, a) }

    public mutating func signExtend(_ a: IRValue, from width: AccessWidth) -> IRValue {
        extend(.signExtend, a, width)
    }
    public mutating func zeroExtend(_ a: IRValue, from width: AccessWidth) -> IRValue {
        extend(.zeroExtend, a, width)
    }

    public mutating func isEqual(_ a: IRValue, _ b: IRValue) -> IRCondition { compare(.isEqual, a, b) }
    public mutating func isLessSigned(_ a: IRValue, _ b: IRValue) -> IRCondition {
        compare(.isLessSigned, a, b)
    }
    public mutating func isLessUnsigned(_ a: IRValue, _ b: IRValue) -> IRCondition {
        compare(.isLessUnsigned, a, b)
    }

    public mutating func not(_ condition: IRCondition) -> IRCondition {
        let operand = definition(condition)
        switch operand.op {
        case .constantCondition: return constant(operand.immediate == 0)
        case .not: return IRCondition(index: operand.a)
        default: return IRCondition(index: share(IRInstruction(.not, condition.index)))
        }
    }

    public mutating func select(
        _ condition: IRCondition, _ ifTrue: IRValue, _ ifFalse: IRValue
    ) -> IRValue {
        if let known = known(condition) { return known ? ifTrue : ifFalse }
        if ifTrue == ifFalse { return ifTrue }
        return IRValue(index: share(IRInstruction(.select, condition.index, ifTrue.index, ifFalse.index)))
    }
}
