// Status flags: written down as a whole, and asked one condition at a time.
import MachineCore

extension IRBuilder {
    /// The flags of an operation on the low `width` bytes of `a` and `b`.
    public mutating func statusFlags(
        _ operation: FlagOperation, _ a: IRValue, _ b: IRValue, _ width: AccessWidth
    ) -> IRValue {
        let (left, right) = (definition(a), definition(b))
        if left.op == .constant, right.op == .constant {
            return constant(operation.flags(left.immediate, right.immediate, width))
        }
        return IRValue(
            index: share(
                IRInstruction(.statusFlags, a.index, b.index, width: width, detail: operation.rawValue)))
    }

    /// The condition `number` on `flags`, when these are those of an operation in this block; nil otherwise.
    ///
    /// Looks through what replaces or adds flags that the condition does not depend on.
    public mutating func condition(_ number: UInt8, on flags: IRValue) -> IRCondition? {
        var definition = definition(flags)
        let asked = Self.flagsAsked[Int(number >> 1 & 7)]
        while definition.op == .or {
            if possibleBits(definition.b) & asked == 0 {
                definition = instructions[Int(definition.a)]
            } else if possibleBits(definition.a) & asked == 0 {
                definition = instructions[Int(definition.b)]
            } else {
                return nil
            }
            // What is kept of other flags.
            while definition.op == .and, let mask = known(definition.b), mask & asked == asked {
                definition = instructions[Int(definition.a)]
            }
        }
        guard definition.op == .statusFlags, let operation = FlagOperation(rawValue: definition.detail) else {
            return nil
        }
        let detail = FlagCondition(operation, number).detail
        return IRCondition(
            index: share(
                IRInstruction(
                    .flagsHold, definition.a, definition.b, width: definition.accessWidth, detail: detail)))
    }

    /// The flags that each pair of conditions depends on.
    private static let flagsAsked: [UInt64] = [0x800, 1, 0x40, 0x41, 0x80, 4, 0x880, 0x8c0]

    private func known(_ index: Int32) -> UInt64? {
        let definition = instructions[Int(index)]
        return definition.op == .constant ? definition.immediate : nil
    }

    /// The bits that the value at `index` may have set, as far as a few operations tell.
    private func possibleBits(_ index: Int32, depth: Int = 6) -> UInt64 {
        let definition = instructions[Int(index)]
        if depth == 0 { return .max }
        func operand(_ index: Int32) -> UInt64 { possibleBits(index, depth: depth - 1) }
        switch definition.op {
        case .constant: return definition.immediate
        case .statusFlags: return FlagOperation(rawValue: definition.detail)?.possibleFlags ?? .max
        case .and: return operand(definition.a) & operand(definition.b)
        case .or, .xor: return operand(definition.a) | operand(definition.b)
        case .shiftLeft: return known(definition.b).map { operand(definition.a) << ($0 & 63) } ?? .max
        case .select: return operand(definition.b) | operand(definition.c)
        default: return .max
        }
    }
}
