// How instruction semantics reach operands: registers, memory, immediate values and flags.
import MachineCore

extension AccessWidth {
    /// The width of an operand of 1, 2, 4 or 8 bytes.
    @inline(__always)
    init(bytes: UInt8) { self = AccessWidth(rawValue: bytes) ?? .double }

    @inline(__always)
    var bitCount: UInt64 { byteCount &* 8 }
}

extension Instruction {
    /// The width of the first operand.
    @inline(__always)
    var size: AccessWidth { AccessWidth(bytes: a.width) }
}

// MARK: Registers

extension X86Semantics {
    /// All 64 bits of a general register.
    @inline(__always)
    mutating func register(_ number: UInt8) -> Value { loadState(StateField.register(number), .double) }

    @inline(__always)
    mutating func setRegister(_ number: UInt8, _ value: Value) {
        storeState(StateField.register(number), value, .double)
    }

    /// The low part of a general register, zero-extended.
    @inline(__always)
    mutating func register(_ number: UInt8, _ width: AccessWidth) -> Value {
        zeroExtend(register(number), from: width)
    }

    /// Writes the low part of a general register. A 32-bit write clears the upper half, a smaller one keeps
    /// the rest (Intel SDM volume 1, 3.4.1.1).
    @inline(__always)
    mutating func setRegister(_ number: UInt8, _ value: Value, _ width: AccessWidth) {
        switch width {
        case .double: setRegister(number, value)
        case .word: setRegister(number, zeroExtend(value, from: .word))
        default:
            let kept = and(register(number), constant(~width.mask))
            setRegister(number, or(kept, zeroExtend(value, from: width)))
        }
    }

    @inline(__always)
    private mutating func setHighByte(_ number: UInt8, _ value: Value) {
        let kept = and(register(number), constant(~0xff00))
        setRegister(number, or(kept, shiftLeft(zeroExtend(value, from: .byte), by: constant(8))))
    }

    /// The operand's value, zero-extended from its width. Of vector and float registers there is none.
    @inline(__always)
    mutating func read(_ operand: Operand, _ i: Instruction) throws(Interruption) -> Value {
        switch operand.kind {
        case .register: return register(operand.number, AccessWidth(bytes: operand.width))
        case .immediate: return immediate(i, AccessWidth(bytes: operand.width))
        case .memory: return try load(readAddress(i, operand.width), AccessWidth(bytes: operand.width))
        case .highByte:
            return zeroExtend(shiftRightLogical(register(operand.number), by: constant(8)), from: .byte)
        case .segment: return loadState(StateField.selector(operand.number), .half)
        default: return constant(UInt64(bitPattern: i.displacement))
        }
    }

    /// The immediate value in the low `width` bytes.
    @inline(__always)
    mutating func immediate(_ i: Instruction, _ width: AccessWidth) -> Value { constant(i.immediate & width.mask) }

    /// Writes a general register or memory.
    @inline(__always)
    mutating func write(_ operand: Operand, _ value: Value, _ i: Instruction) throws(Interruption) {
        let width = AccessWidth(bytes: operand.width)
        switch operand.kind {
        case .register: setRegister(operand.number, value, width)
        case .highByte: setHighByte(operand.number, value)
        default: try store(writeAddress(i, operand.width), value, width)
        }
    }
}

// MARK: Addresses

extension X86Semantics {
    /// The offset of the memory operand in its segment.
    @inline(__always)
    mutating func effectiveAddress(_ i: Instruction) -> Value {
        var sum: Value
        switch i.base {
        case Instruction.noRegister: sum = constant(UInt64(bitPattern: i.displacement))
        case Instruction.instructionPointer: sum = programCounter(plus: i.displacement &+ Int64(i.length))
        default:
            sum = register(i.base)
            if i.displacement != 0 { sum = add(sum, constant(UInt64(bitPattern: i.displacement))) }
        }
        if i.index != Instruction.noRegister {
            let index = register(i.index)
            sum = add(sum, i.scale == 0 ? index : shiftLeft(index, by: constant(UInt64(i.scale))))
        }
        return truncate(sum, i.addressWidth)
    }

    /// The low `width` bytes of an offset.
    @inline(__always)
    mutating func truncate(_ value: Value, _ width: UInt8) -> Value {
        width == 8 ? value : zeroExtend(value, from: AccessWidth(bytes: width))
    }

    /// The linear address of the memory operand, of which `count` bytes are read.
    @inline(__always)
    mutating func readAddress(_ i: Instruction, _ count: UInt8) throws(Interruption) -> Value {
        try linear(effectiveAddress(i), i.segment, count, writes: false, i)
    }

    /// The linear address of the memory operand, of which `count` bytes are written.
    @inline(__always)
    mutating func writeAddress(_ i: Instruction, _ count: UInt8) throws(Interruption) -> Value {
        try linear(effectiveAddress(i), i.segment, count, writes: true, i)
    }

    /// The linear address of `offset` in a segment. In 64-bit code only FS and GS have a base, and offsets
    /// are checked where the access is made; other code checks limits and rights here.
    @inline(__always)
    mutating func linear(
        _ offset: Value, _ segment: UInt8, _ count: UInt8, writes: Bool, _ i: Instruction
    ) throws(Interruption) -> Value {
        if i.is64Bit {
            return segment < 4 ? offset : add(offset, loadState(StateField.segmentBase(segment), .double))
        }
        if i.isFlat && segment < 4 { return offset }
        return try checkedLinear(offset, segment, count, writes, i)
    }

    @inline(never)
    private mutating func checkedLinear(
        _ offset: Value, _ segment: UInt8, _ count: UInt8, _ writes: Bool, _ i: Instruction
    ) throws(Interruption) -> Value {
        let bounds = writes ? StateField.writeBounds(segment) : StateField.readBounds(segment)
        let last = count > 1 ? add(offset, constant(UInt64(count) &- 1)) : offset
        let isAbove = isLessUnsigned(loadState(bounds &+ 8, .double), last)
        let cause = segment == 2 ? Fault.stack : Fault.generalProtection
        try raise(if: isAbove, cause, constant(0))
        try raise(if: isLessUnsigned(offset, loadState(bounds, .double)), cause, constant(0))
        let sum = add(offset, loadState(StateField.segmentBase(segment), .double))
        return zeroExtend(sum, from: .word)
    }
}

// MARK: Flags

extension X86Semantics {
    @inline(__always)
    mutating func flags() -> Value { loadState(StateField.statusFlags, .double) }

    @inline(__always)
    mutating func setFlags(_ flags: Value) { storeState(StateField.statusFlags, flags, .double) }

    /// Replaces the flags in `mask` by those in `flags`, which has no others.
    @inline(__always)
    mutating func setFlags(_ mask: UInt64, _ flags: Value) {
        setFlags(or(and(self.flags(), constant(RFlags.status & ~mask)), flags))
    }

    @inline(__always)
    mutating func help(_ helper: Helper, _ a: Value, _ b: Value) throws(Interruption) -> Value {
        try callHelper(helper.rawValue, a, b)
    }
}
