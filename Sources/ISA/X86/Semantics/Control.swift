// Jumps, calls, returns, loops, and software interrupts.
import MachineCore

extension X86Semantics {
    /// The address of the next instruction.
    @inline(__always)
    mutating func nextAddress(_ i: Instruction) -> Value { programCounter(plus: Int64(i.length)) }

    @inline(__always)
    private func distance(_ i: Instruction) -> Int64 { Int64(bitPattern: i.immediate) &+ Int64(i.length) }

    /// Jumps to an offset in the code segment, cut to the operand size.
    @inline(__always)
    private mutating func jumpNear(_ target: Value, _ i: Instruction) {
        jump(to: truncate(target, i.width))
    }

    @inline(__always)
    mutating func jumpRelative(_ i: Instruction) {
        if i.width == 2 {
            jumpNear(programCounter(plus: distance(i)), i)
        } else {
            jump(offset: distance(i))
        }
    }

    @inline(__always)
    mutating func branchRelative(_ i: Instruction, if condition: Condition) {
        if i.width == 2 {
            let target = truncate(programCounter(plus: distance(i)), 2)
            jump(to: select(condition, target, nextAddress(i)))
        } else {
            branch(if: condition, offset: distance(i))
        }
    }

    mutating func jumpOrCall(_ i: Instruction) throws(Interruption) {
        let isCall = i.operation == .call
        if i.a.kind == .relative {
            if isCall { try push(nextAddress(i), i, i.width) }
            return jumpRelative(i)
        }
        let target = try read(i.a, i)
        if isCall { try push(nextAddress(i), i, i.width) }
        jumpNear(target, i)
    }

    mutating func returnNear(_ i: Instruction) throws(Interruption) {
        let target = try top(i, i.width)
        let extra = i.b.kind == .immediate ? Int64(i.immediate & 0xffff) : 0
        setStackPointer(stackOffset(i, plus: Int64(i.width) + extra), i)
        jumpNear(target, i)
    }

    /// `loop` and its like: counts RCX down by the address size, without flags.
    mutating func loopRelative(_ i: Instruction) {
        let width = AccessWidth(bytes: i.addressWidth)
        let count = subtract(register(1), constant(1))
        let isDone = isEqual(zeroExtend(count, from: width), constant(0))
        setRegister(1, count, width)
        if i.operation == .loop { return branchRelative(i, if: not(isDone)) }
        let isEqualFlag = not(isClear(flags(), RFlags.zero))
        let goesOn = i.operation == .loope ? isEqualFlag : not(isEqualFlag)
        let both = and(truth(goesOn), truth(not(isDone)))
        branchRelative(i, if: not(isEqual(both, constant(0))))
    }

    mutating func jumpIfCountIsZero(_ i: Instruction) {
        let count = zeroExtend(register(1), from: AccessWidth(bytes: i.addressWidth))
        branchRelative(i, if: isEqual(count, constant(0)))
    }

    // MARK: Far

    mutating func farJumpOrCall(_ i: Instruction) throws(Interruption) {
        let kind: FarTransfer.Kind = i.operation == .callf ? .call : .jump
        let packed = constant(FarTransfer(kind, width: i.width, length: i.length).rawValue)
        let offset: Value
        let selector: Value
        if i.a.kind == .farPointer {
            offset = constant(i.immediate)
            selector = constant(UInt64(bitPattern: i.displacement) & 0xffff)
        } else {
            let address = try readAddress(i, i.a.width)
            offset = try load(address, AccessWidth(bytes: i.width))
            selector = try load(add(address, constant(UInt64(i.width))), .half)
        }
        jump(to: try help(.farTransfer, or(packed, selector), offset))
        endBlock()
    }

    mutating func farReturn(_ i: Instruction) throws(Interruption) {
        let extra = i.b.kind == .immediate ? i.immediate & 0xffff : 0
        let packed = FarTransfer(.returning, width: i.width, length: i.length, extra: extra)
        jump(to: try help(.farTransfer, constant(packed.rawValue), constant(0)))
        endBlock()
    }

    mutating func returnFromInterrupt(_ i: Instruction) throws(Interruption) {
        jump(to: try help(.interruptReturn, constant(UInt64(i.width) | UInt64(i.length) << 8), constant(0)))
        endBlock()
    }

    mutating func softwareInterrupt(_ i: Instruction) throws(Interruption) {
        let length = constant(UInt64(i.length))
        switch i.operation {
        case .int3: try raise(Fault.breakpoint | Fault.software, length)
        case .int1: try raise(Fault.debug | Fault.privilegedSoftware, length)
        case .into:
            try raise(if: not(isClear(flags(), RFlags.overflow)), Fault.overflow | Fault.software, length)
        default: try raise(i.immediate & 0xff | Fault.software, length)
        }
    }

    mutating func checkBounds(_ i: Instruction) throws(Interruption) {
        let address = try readAddress(i, i.b.width)
        let low = signExtend(try load(address, i.size), from: i.size)
        let high = signExtend(try load(add(address, constant(UInt64(i.a.width))), i.size), from: i.size)
        let index = signExtend(try read(i.a, i), from: i.size)
        try raise(if: isLessSigned(index, low), Fault.boundRange, constant(0))
        try raise(if: isLessSigned(high, index), Fault.boundRange, constant(0))
    }
}
