// The verbs on guest memory, floating point and helpers.
import MachineCore

extension IRBuilder {
    public mutating func load(_ address: IRValue, _ width: AccessWidth) -> IRValue {
        IRValue(index: emit(IRInstruction(.load, address.index, width: width)))
    }

    public mutating func store(_ address: IRValue, _ value: IRValue, _ width: AccessWidth) {
        emit(IRInstruction(.store, address.index, value.index, width: width))
    }

    public mutating func atomicUpdate(
        _ operation: AtomicOperation, _ address: IRValue, _ operand: IRValue, _ width: AccessWidth
    ) -> IRValue {
        let detail = UInt16(operation.rawValue)
        let update = IRInstruction(.atomicUpdate, address.index, operand.index, width: width, detail: detail)
        return IRValue(index: emit(update))
    }

    public mutating func compareAndStore(
        if condition: IRCondition, _ address: IRValue, expected: IRValue, desired: IRValue,
        _ width: AccessWidth
    ) -> IRCondition {
        if known(condition) == false { return condition }
        let index = emit(
            IRInstruction(
                .compareAndStore, condition.index, address.index, expected.index, desired.index,
                width: width))
        return IRCondition(index: index)
    }

    public mutating func fence(_ kind: FenceKind) {
        emit(IRInstruction(.fence, detail: UInt16(kind.rawValue)))
    }

    public mutating func float(
        _ operation: FloatOperation, rounding: IRValue, _ a: IRValue, _ b: IRValue, _ c: IRValue
    ) -> IRValue {
        knownFields.forget(environment.floatFlagsOffset)
        let index = emit(
            IRInstruction(.float, rounding.index, a.index, b.index, c.index, detail: operation.irCode))
        return IRValue(index: index)
    }

    public mutating func callHelper(_ helper: UInt16, _ a: IRValue, _ b: IRValue) -> IRValue {
        let index = emit(IRInstruction(.callHelper, a.index, b.index, detail: helper))
        knownFields.clear()
        return IRValue(index: index)
    }

    public mutating func unboxSingle(_ a: IRValue) -> IRValue { unbox(a) }
}
