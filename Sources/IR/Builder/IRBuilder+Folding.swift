// Simplification while writing: constants, neutral operands, addresses known up to the block's address.
import MachineCore

extension IRBuilder {
    func definition(_ value: IRValue) -> IRInstruction { instructions[Int(value.index)] }
    func definition(_ condition: IRCondition) -> IRInstruction { instructions[Int(condition.index)] }

    /// The truth of `condition`, when it is known now.
    func known(_ condition: IRCondition) -> Bool? {
        let definition = definition(condition)
        return definition.op == .constantCondition ? definition.immediate != 0 : nil
    }

    /// Writes `op` with two 64-bit operands, or finds its result. A constant operand of a commutative
    /// operation goes to the right, where code generators look for one.
    mutating func binary(_ op: IROp, _ a: IRValue, _ b: IRValue) -> IRValue {
        let left = definition(a)
        let right = definition(b)
        if right.op == .constant {
            if left.op == .constant, let value = IRArithmetic.binary(op, left.immediate, right.immediate) {
                return constant(value)
            }
            return withConstant(op, a, left, b, right.immediate)
        }
        if left.op == .constant, op.isCommutative { return withConstant(op, b, right, a, left.immediate) }
        return IRValue(index: share(IRInstruction(op, a.index, b.index)))
    }

    /// The constant at `index`, if there is one.
    private func constant(_ index: Int32) -> UInt64? {
        let definition = instructions[Int(index)]
        return definition.op == .constant ? definition.immediate : nil
    }

    /// `op` with the constant `b`, whose value is `known`.
    private mutating func withConstant(
        _ op: IROp, _ a: IRValue, _ left: IRInstruction, _ b: IRValue, _ known: UInt64
    ) -> IRValue {
        switch op {
        case .add where left.op == .programCounter: return address(Int64(bitPattern: left.immediate &+ known))
        case .add where known == 0, .subtract where known == 0, .or where known == 0, .xor where known == 0,
            .shiftLeft where known & 63 == 0, .shiftRightLogical where known & 63 == 0,
            .shiftRightArithmetic where known & 63 == 0, .and where known == ~0, .multiply where known == 1:
            return a
        // The two shifts by which compilers zero-extend.
        case .shiftRightLogical where left.op == .shiftLeft && constant(left.b) == known && known == 32:
            return extend(.zeroExtend, IRValue(index: left.a), .word)
        case .and where known == 0, .multiply where known == 0: return b
        // The bits that an `or` has just set.
        case .and where left.op == .or && constant(left.b).map { $0 & known == known } == true: return b
        case .or where left.op == .or && constant(left.b).map { $0 & known == known } == true: return a
        default: return IRValue(index: share(IRInstruction(op, a.index, b.index)))
        }
    }

    /// Writes a counting or byte-reversing operation, or finds its result.
    mutating func unary(_ op: IROp, _ a: IRValue) -> IRValue {
        let operand = definition(a)
        if operand.op == .constant, let value = IRArithmetic.unary(op, operand.immediate, .double) {
            return constant(value)
        }
        return IRValue(index: share(IRInstruction(op, a.index)))
    }

    /// Writes an extension, or finds its result.
    mutating func extend(_ op: IROp, _ a: IRValue, _ width: AccessWidth) -> IRValue {
        if width == .double { return a }
        let operand = definition(a)
        if operand.op == .constant, let value = IRArithmetic.unary(op, operand.immediate, width) {
            return constant(value)
        }
        if op == .zeroExtend, isZeroExtended(operand, to: width) { return a }
        return IRValue(index: share(IRInstruction(op, a.index, width: width)))
    }

    /// Writes the unboxing of a single, or finds what was boxed.
    mutating func unbox(_ a: IRValue) -> IRValue {
        let operand = definition(a)
        if operand.op == .or, constant(operand.b) == Self.boxOfSingle {
            return zeroExtend(IRValue(index: operand.a), from: .word)
        }
        return IRValue(index: share(IRInstruction(.unboxSingle, a.index)))
    }

    /// What is ored to a single to box it.
    static var boxOfSingle: UInt64 { 0xffff_ffff_0000_0000 }

    /// Whether the result of `instruction` is known to fit in `width`.
    private func isZeroExtended(_ instruction: IRInstruction, to width: AccessWidth) -> Bool {
        switch instruction.op {
        case .loadState, .load, .atomicUpdate, .zeroExtend: instruction.width <= width.rawValue
        case .unboxSingle: width == .word
        case .float: width == .word && FloatOperation.fitsInWord(irCode: instruction.detail)
        default: false
        }
    }

    /// Writes a comparison, or finds its result.
    mutating func compare(_ op: IROp, _ a: IRValue, _ b: IRValue) -> IRCondition {
        if a == b { return constant(op == .isEqual) }
        let left = definition(a)
        let right = definition(b)
        if left.op == .constant {
            if right.op == .constant,
                let truth = IRArithmetic.compare(op, left.immediate, right.immediate)
            {
                return constant(truth)
            }
            if op.isCommutative { return IRCondition(index: share(IRInstruction(op, b.index, a.index))) }
        }
        return IRCondition(index: share(IRInstruction(op, a.index, b.index)))
    }

    /// The block's guest address plus `distance`.
    mutating func address(_ distance: Int64) -> IRValue {
        IRValue(index: share(IRInstruction(.programCounter, immediate: UInt64(bitPattern: distance))))
    }
}
