// Flags: how they are represented, and the two verbs that make and test them.
//
// Decision. The status flags are state like any other: one field of eight bytes that holds CF, PF, AF, ZF, SF
// and OF at their places in RFLAGS and nothing else. An instruction that changes all of them stores a value
// made by `statusFlags` without reading the old one; a condition is `test(condition, flags)` of a loaded value.
// Both are verbs of their own, so that an instantiation can keep what they say abstract:
//
// - the interpreter computes the flags at once, about ten operations beside the arithmetic itself;
// - in the IR, forwarding of state fields connects a condition with the operation that made its flags, and
//   the pass for dead state stores removes flags that nobody reads. Today the verbs are written out in plain
//   arithmetic; as IR operations of their own they become `cmp`+`jcc` on an x86 host, with the flags never
//   leaving the host's, and are made concrete (`lahf`, `seto`) only at the end of a block where they are live.
//
// A lazy representation in the state (result, operands, kind) was not chosen: snapshots, debuggers and engine
// switches would each have to evaluate it, and a translator can keep flags lazy for itself without it.
import IR
import MachineCore

/// What flags are made of.
enum FlagSource {
    /// Sum or difference, with the carry vector of `a`, `b` and the result.
    case add, subtract
    /// CF, OF and AF are zero.
    case logic
}

/// The verbs of x86 semantics beyond the common ones.
protocol X86Semantics: Semantics {
    /// The six status flags of an operation.
    /// - Parameters:
    ///   - source: the operation that gave `result`.
    ///   - a, b: its operands; only their low `width` bytes count, as of the result.
    mutating func statusFlags(_ source: FlagSource, _ a: Value, _ b: Value, _ result: Value, _ width: AccessWidth)
        -> Value
    /// Whether condition `number` (Intel SDM volume 1, appendix B) holds in `flags`.
    mutating func test(_ number: UInt8, _ flags: Value) -> Condition
}

extension X86Semantics {
    @inline(__always)
    mutating func statusFlags(
        _ source: FlagSource, _ a: Value, _ b: Value, _ result: Value, _ width: AccessWidth
    ) -> Value {
        let simple = resultFlags(result, width)
        if source == .logic { return simple }
        let carries = carryVector(source, a, b, result)
        let top = width.byteCount &* 8 &- 1
        let out = bit(carries, top)
        let overflow = xor(out, bit(carries, top &- 1))
        let adjust = shiftLeft(and(carries, constant(8)), by: constant(1))
        return or(or(simple, out), or(adjust, shiftLeft(overflow, by: constant(11))))
    }

    /// The carries (or borrows) out of each bit.
    @inline(__always)
    private mutating func carryVector(_ source: FlagSource, _ a: Value, _ b: Value, _ result: Value) -> Value {
        if source == .add {
            return or(and(a, b), and(or(a, b), invert(result)))
        }
        let notA = invert(a)
        return or(and(notA, b), and(or(notA, b), result))
    }

    /// ZF, SF and PF of a result.
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
    mutating func test(_ number: UInt8, _ flags: Value) -> Condition {
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

extension IRBuilder: X86Semantics {}
