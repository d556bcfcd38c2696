// Division, which the host traps on by zero and on overflow, and the IR does not.
import IR
import MachineCore

extension BlockCompiler {
    /// Quotient or remainder. The two cases that the host refuses are decided before it is asked; 32-bit
    /// operands take the host's short division, which is several times as fast.
    mutating func emitDivision(_ instruction: IRInstruction) {
        let isSigned = instruction.op == .divideSigned || instruction.op == .remainderSigned
        let wantsQuotient = instruction.op == .divideSigned || instruction.op == .divideUnsigned
        load(instruction.b, into: HostRole.scratchA)
        load(instruction.a, into: HostRole.scratchB)
        evictAfterUse(.rax)
        evictAfterUse(.rdx)
        assembler.move(.rax, HostRole.scratchB)
        assembler.test(HostRole.scratchA, HostRole.scratchA)
        let byZero = assembler.jumpRelative(.equal)
        var overflow: Int?
        if isSigned {
            // By -1 is negation, which is also right where the host would trap.
            assembler.arithmetic(.cmp, HostRole.scratchA, -1, width: .double)
            overflow = assembler.jumpRelative(.equal)
        }
        divide(isSigned: isSigned)
        if !wantsQuotient { assembler.move(.rax, .rdx) }
        let done = assembler.jumpRelative()
        assembler.patchRelative(at: byZero, to: assembler.count)
        // Quotient: all ones. Remainder: the dividend, which is in rax.
        if wantsQuotient { assembler.moveImmediate(.rax, ~0) }
        if let overflow {
            let end = assembler.jumpRelative()
            assembler.patchRelative(at: overflow, to: assembler.count)
            if wantsQuotient { assembler.neg(.rax) } else { assembler.clear(.rax) }
            assembler.patchRelative(at: end, to: assembler.count)
        }
        assembler.patchRelative(at: done, to: assembler.count)
        finishFixed(.rax)
    }

    /// rax by the scratch register: quotient in rax, remainder in rdx.
    private mutating func divide(isSigned: Bool) {
        assembler.move(.rdx, .rax)
        assembler.arithmetic(.or, .rdx, HostRole.scratchA, width: .double)
        assembler.shift(.shr, .rdx, isSigned ? 31 : 32, width: .double)
        let wide = assembler.jumpShort(.notEqual)
        // Both operands are short and, seen as signed, not negative.
        assembler.clear(.rdx)
        assembler.div(HostRole.scratchA, width: .word)
        let done = assembler.jumpShort()
        assembler.patchShort(at: wide, to: assembler.count)
        if isSigned {
            assembler.cqo()
            assembler.idiv(HostRole.scratchA, width: .double)
        } else {
            assembler.clear(.rdx)
            assembler.div(HostRole.scratchA, width: .double)
        }
        assembler.patchShort(at: done, to: assembler.count)
    }
}
