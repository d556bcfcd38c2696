// Operations on the register stack: what each reads, writes and pops.

extension FloatUnit {
    /// Performs an operation with a result in registers, flags or condition codes.
    /// - Parameter memory: the memory operand, where there is one.
    mutating func perform(_ call: FloatCall, _ memory: FloatOperand?) {
        switch call.operation {
        case .fld, .fild, .fbld: load(call, memory)
        case .fadd, .fiadd, .faddp, .fmul, .fimul, .fmulp, .fsub, .fisub, .fsubp, .fsubr, .fisubr, .fsubrp, .fdiv,
            .fidiv, .fdivp, .fdivr, .fidivr, .fdivrp:
            arithmetic(call, memory)
        case .fcom, .fcomp, .fcompp, .ficom, .ficomp, .fucom, .fucomp, .fucompp, .ftst: compare(call, memory)
        case .fcomi, .fcomip, .fucomi, .fucomip: compareToFlags(call)
        case .fst, .fstp, .fstpnce: copy(call)
        case .fcmovb, .fcmove, .fcmovbe, .fcmovu, .fcmovnb, .fcmovne, .fcmovnbe, .fcmovnu: moveIf(call)
        case .fld1, .fldl2t, .fldl2e, .fldpi, .fldlg2, .fldln2, .fldz: loadConstant(call.operation)
        case .fxch: exchange(call.other)
        case .fchs, .fabs: changeSign(call.operation)
        case .fxam: examine()
        case .ffree: free(call.other)
        case .ffreep:
            free(call.other)
            pop()
        case .fincstp: top += 1
        case .fdecstp: top -= 1
        case .fptan, .fsincos, .fxtract: split(call.operation)
        case .fyl2x, .fyl2xp1, .fpatan: combine(call.operation)
        case .fscale, .fprem, .fprem1: scale(call.operation)
        case .fsqrt, .frndint, .f2xm1, .fsin, .fcos: replaceTop(call.operation)
        default: break
        }
    }

    // MARK: Arithmetic

    private mutating func arithmetic(_ call: FloatCall, _ memory: FloatOperand?) {
        let destination = call.first
        let pops = call.pops
        if isEmpty(destination) || memory == nil && isEmpty(call.second) {
            return deliver(context.stackUnderflow(), to: destination, pops: pops)
        }
        let (a, b) = (operand(destination), memory ?? operand(call.second))
        let result: Extended80
        switch call.operation {
        case .fadd, .fiadd, .faddp: result = context.sum(a, b)
        case .fmul, .fimul, .fmulp: result = context.product(a, b)
        case .fsub, .fisub, .fsubp: result = context.sum(a, b, subtracts: true)
        case .fsubr, .fisubr, .fsubrp: result = context.sum(b, a, subtracts: true)
        case .fdiv, .fidiv, .fdivp: result = context.quotient(a, b)
        default: result = context.quotient(b, a)
        }
        deliver(result, to: destination, pops: pops)
    }

    private mutating func replaceTop(_ operation: Operation) {
        if operation == .fsin || operation == .fcos { setConditions(0, mask: FloatStatus.condition2) }
        if isEmpty(0) { return deliver(context.stackUnderflow(), to: 0, pops: false) }
        let a = operand(0)
        let result: Extended80
        switch operation {
        case .fsqrt: result = context.squareRoot(a)
        case .frndint: result = context.roundedToInteger(a)
        case .f2xm1: result = context.exponential(a)
        default:
            switch context.angle(a) {
            case .special(let value): result = value
            case .zero: result = operation == .fsin ? a.value : .one
            case .tooLarge: return
            case .angle(let angle):
                result = context.roundedInexactly(operation == .fsin ? angle.sine : angle.cosine)
            }
        }
        deliver(result, to: 0, pops: false)
    }

    /// Operations of ST(1) and ST(0) whose result replaces both.
    private mutating func combine(_ operation: Operation) {
        if isEmpty(0) || isEmpty(1) { return deliver(context.stackUnderflow(), to: 1, pops: true) }
        let (x, y) = (operand(0), operand(1))
        let result: Extended80
        switch operation {
        case .fyl2x: result = context.logarithm(x, times: y)
        case .fyl2xp1: result = context.logarithmOfNext(x, times: y)
        default: result = context.inverseTangent(y, x)
        }
        deliver(result, to: 1, pops: true)
    }

    private mutating func scale(_ operation: Operation) {
        if operation != .fscale { setConditions(0, mask: FloatStatus.condition2) }
        if isEmpty(0) || isEmpty(1) { return deliver(context.stackUnderflow(), to: 0, pops: false) }
        let (x, y) = (operand(0), operand(1))
        if operation == .fscale { return deliver(context.scaled(x, by: y), to: 0, pops: false) }
        let (result, conditions) = context.remainder(x, y, isNearest: operation == .fprem1)
        if let conditions, !context.isBlocked { setConditions(conditions) }
        deliver(result, to: 0, pops: false)
    }

    /// Operations with two results.
    private mutating func split(_ operation: Operation) {
        if operation != .fxtract { setConditions(0, mask: FloatStatus.condition2) }
        if isEmpty(0) || !isEmpty(7) {
            let value = isEmpty(0) ? context.stackUnderflow() : context.stackOverflow()
            return deliver(value, value)
        }
        let a = operand(0)
        if operation == .fxtract {
            let parts = context.extracted(a)
            return deliver(parts.exponent, parts.significand)
        }
        switch context.angle(a) {
        case .special(let value): deliver(value, value)
        case .zero: deliver(a.value, .one)
        case .tooLarge: break
        case .angle(let angle): splitAngle(operation, angle)
        }
    }

    private mutating func splitAngle(_ operation: Operation, _ angle: FloatContext.ReducedAngle) {
        let first = context.roundedInexactly(operation == .fptan ? angle.tangent : angle.sine)
        // C1 tells of the last rounding.
        context.raised &= ~FloatStatus.condition1
        deliver(first, operation == .fptan ? .one : context.roundedInexactly(angle.cosine))
    }

    /// Replaces the top by `first` and pushes `second`.
    private mutating func deliver(_ first: Extended80, _ second: Extended80) {
        if context.isBlocked { return }
        self[0] = first
        push(second)
    }

    // MARK: Comparisons

    private mutating func compare(_ call: FloatCall, _ memory: FloatOperand?) {
        let isUnary = call.operation == .ftst
        let isPair = call.operation == .fcompp || call.operation == .fucompp
        let index = isPair ? 1 : call.other
        let bits: UInt16
        if isEmpty(0) || memory == nil && !isUnary && isEmpty(index) {
            _ = context.stackUnderflow()
            bits = FloatStatus.comparison
        } else {
            let zero = FloatOperand(.zero(isNegative: false), kind: .zero)
            let other = memory ?? (isUnary ? zero : operand(index))
            bits = context.comparison(operand(0), other, acceptsQuiet: call.isUnordered)
        }
        setConditions(bits)
        if context.isBlocked { return }
        if call.pops { pop() }
        if isPair { pop() }
    }

    private mutating func compareToFlags(_ call: FloatCall) {
        let bits: UInt16
        if isEmpty(0) || isEmpty(call.other) {
            _ = context.stackUnderflow()
            bits = FloatStatus.comparison
        } else {
            bits = context.comparison(operand(0), operand(call.other), acceptsQuiet: call.isUnordered)
        }
        state.pointee.statusFlags = (bits & FloatStatus.condition0 != 0 ? RFlags.carry : 0)
            | (bits & FloatStatus.condition2 != 0 ? RFlags.parity : 0)
            | (bits & FloatStatus.condition3 != 0 ? RFlags.zero : 0)
        if call.pops && !context.isBlocked { pop() }
    }

    private mutating func examine() {
        let bits = FloatContext.examination(self[0])
        let empty = FloatStatus.condition3 | FloatStatus.condition0
        setConditions(isEmpty(0) ? bits & FloatStatus.condition1 | empty : bits)
    }
}
