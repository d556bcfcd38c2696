// Flags: how they are represented, and the verbs that make and test them.
//
// Decision. The status flags are state like any other: one field of eight bytes that holds CF, PF, AF, ZF, SF
// and OF at their places in RFLAGS and nothing else. An instruction that changes all of them stores a value
// made by `statusFlags` without reading the old one; a condition is `test(condition, flags)` of a loaded value.
// Both are verbs of their own, so that an instantiation can keep what they say abstract:
//
// - the interpreter computes the flags at once, about ten operations beside the arithmetic itself;
// - in the IR they are operations. A condition on flags that were made in the same block becomes a comparison of
//   the operands, `cmp` and `jcc` on an x86 host; and the flags themselves are computed only where somebody can
//   see them before others take their place.
//
// A lazy representation in the state (result, operands, kind) was not chosen: snapshots, debuggers and engine
// switches would each have to evaluate it, and a translator can keep flags lazy for itself without it.
import IR
import MachineCore

/// The verbs of x86 semantics beyond the common ones.
protocol X86Semantics: Semantics {
    /// The six status flags of an operation on the low `width` bytes of `a` and `b`.
    mutating func statusFlags(_ operation: FlagOperation, _ a: Value, _ b: Value, _ width: AccessWidth) -> Value
    /// Whether condition `number` (Intel SDM volume 1, appendix B) holds in `flags`.
    mutating func test(_ number: UInt8, _ flags: Value) -> Condition
    /// CF, as 0 or 1.
    mutating func carry() -> Value
    /// ZF, SF and PF of a result.
    mutating func resultFlags(_ result: Value, _ width: AccessWidth) -> Value
    /// Carries out an instruction on vectors, where this instantiation has an operation for it; false where it has
    /// none, and nothing is done.
    mutating func computeVectorDirectly(_ i: Instruction) throws(Interruption) -> Bool
}

extension X86Semantics {
    @inline(__always)
    mutating func statusFlags(_ operation: FlagOperation, _ a: Value, _ b: Value, _ width: AccessWidth) -> Value {
        switch operation {
        case .add: statusFlags(.add, a, b, add(a, b), width)
        case .subtract: statusFlags(.subtract, a, b, subtract(a, b), width)
        case .and: resultFlags(and(a, b), width)
        }
    }

    /// The flags of a sum or difference that a carry has gone into.
    @inline(__always)
    mutating func statusFlags(
        _ operation: FlagOperation, _ a: Value, _ b: Value, _ result: Value, _ width: AccessWidth
    ) -> Value {
        let simple = resultFlags(result, width)
        let carries = carryVector(operation, a, b, result)
        let top = width.byteCount &* 8 &- 1
        let out = bit(carries, top)
        let overflow = xor(out, bit(carries, top &- 1))
        let adjust = shiftLeft(and(carries, constant(8)), by: constant(1))
        return or(or(simple, out), or(adjust, shiftLeft(overflow, by: constant(11))))
    }

    /// The carries (or borrows) out of each bit.
    @inline(__always)
    private mutating func carryVector(_ operation: FlagOperation, _ a: Value, _ b: Value, _ result: Value) -> Value {
        if operation == .add {
            return or(and(a, b), and(or(a, b), invert(result)))
        }
        let notA = invert(a)
        return or(and(notA, b), and(or(notA, b), result))
    }

    @inline(__always)
    mutating func resultFlags(_ result: Value, _ width: AccessWidth) -> Value {
        let value = zeroExtend(result, from: width)
        let zero = select(isEqual(value, constant(0)), constant(RFlags.zero), constant(0))
        let sign = and(shiftRightLogical(value, by: constant(width.byteCount &* 8 &- 8)), constant(RFlags.sign))
        // The parities of all nibbles, as bits: 1 for an even one.
        let nibble = and(xor(value, shiftRightLogical(value, by: constant(4))), constant(15))
        let parity = and(shiftRightLogical(constant(0x9669), by: nibble), constant(1))
        return or(or(zero, sign), shiftLeft(parity, by: constant(2)))
    }

    @inline(__always)
    mutating func test(_ number: UInt8, _ flags: Value) -> Condition { testBits(number, flags) }

    @inline(__always)
    mutating func carry() -> Value { and(flags(), constant(RFlags.carry)) }

    /// The helper's unit is what defines vectors.
    @inline(__always)
    mutating func computeVectorDirectly(_ i: Instruction) -> Bool { false }

    /// Tests a condition by the flags' bits.
    @inline(__always)
    fileprivate mutating func testBits(_ number: UInt8, _ flags: Value) -> Condition {
        let isNegated = number & 1 != 0
        let holds: Condition
        switch number >> 1 {
        case 0: holds = isClear(flags, RFlags.overflow)
        case 1: holds = isClear(flags, RFlags.carry)
        case 2: holds = isClear(flags, RFlags.zero)
        case 3: holds = isClear(flags, RFlags.carry | RFlags.zero)
        case 4: holds = isClear(flags, RFlags.sign)
        case 5: holds = isClear(flags, RFlags.parity)
        case 6: holds = isClear(lessBit(flags), RFlags.sign)
        default:
            let zeroAtSign = shiftLeft(flags, by: constant(1))
            holds = isClear(or(lessBit(flags), and(zeroAtSign, constant(RFlags.sign))), RFlags.sign)
        }
        return isNegated ? holds : not(holds)
    }

    /// SF unlike OF, at the place of SF.
    @inline(__always)
    private mutating func lessBit(_ flags: Value) -> Value {
        xor(flags, shiftRightLogical(flags, by: constant(4)))
    }

    @inline(__always)
    mutating func isClear(_ value: Value, _ mask: UInt64) -> Condition {
        isEqual(and(value, constant(mask)), constant(0))
    }

    @inline(__always)
    mutating func invert(_ value: Value) -> Value { xor(value, constant(.max)) }

    /// Bit `number` of `value`, as 0 or 1.
    @inline(__always)
    mutating func bit(_ value: Value, _ number: UInt64) -> Value {
        and(shiftRightLogical(value, by: constant(number)), constant(1))
    }

    /// 1 or 0.
    @inline(__always)
    mutating func truth(_ condition: Condition) -> Value { select(condition, constant(1), constant(0)) }
}

extension IRBuilder: X86Semantics {
    mutating func test(_ number: UInt8, _ flags: IRValue) -> IRCondition {
        condition(number, on: flags) ?? testBits(number, flags)
    }

    mutating func carry() -> IRValue {
        let flags = flags()
        if let holds = condition(2, on: flags) { return truth(holds) }
        return and(flags, constant(RFlags.carry))
    }

    mutating func resultFlags(_ result: IRValue, _ width: AccessWidth) -> IRValue {
        statusFlags(.and, result, result, width)
    }
}
