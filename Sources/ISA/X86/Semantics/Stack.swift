// The stack: pushes, pops and frames.
import MachineCore

extension X86Semantics {
    private static var stackPointer: UInt8 { 4 }
    private static var framePointer: UInt8 { 5 }
    private static var stackSegment: UInt8 { 2 }

    /// The stack pointer plus `distance`, of the stack's size.
    @inline(__always)
    mutating func stackOffset(_ i: Instruction, plus distance: Int64) -> Value {
        let pointer = register(Self.stackPointer)
        let sum = distance == 0 ? pointer : add(pointer, constant(UInt64(bitPattern: distance)))
        return truncate(sum, i.stackWidth)
    }

    @inline(__always)
    mutating func setStackPointer(_ value: Value, _ i: Instruction) {
        setRegister(Self.stackPointer, value, AccessWidth(bytes: i.stackWidth))
    }

    @inline(__always)
    private mutating func stackAddress(
        _ offset: Value, _ i: Instruction, _ count: UInt8, writes: Bool
    ) throws(Interruption) -> Value {
        try linear(offset, Self.stackSegment, count, writes: writes, i)
    }

    /// Pushes `value` with `width` bytes.
    @inline(__always)
    mutating func push(_ value: Value, _ i: Instruction, _ width: UInt8) throws(Interruption) {
        let offset = stackOffset(i, plus: -Int64(width))
        try store(stackAddress(offset, i, width, writes: true), value, AccessWidth(bytes: width))
        setStackPointer(offset, i)
    }

    /// What lies on top of the stack; the pointer stays.
    @inline(__always)
    mutating func top(_ i: Instruction, _ width: UInt8, at distance: Int64 = 0) throws(Interruption) -> Value {
        let offset = stackOffset(i, plus: distance)
        return try load(stackAddress(offset, i, width, writes: false), AccessWidth(bytes: width))
    }

    mutating func pushOperand(_ i: Instruction) throws(Interruption) {
        try push(read(i.a, i), i, i.width)
    }

    mutating func popOperand(_ i: Instruction) throws(Interruption) {
        let value = try top(i, i.width)
        if i.a.kind == .segment {
            _ = try help(.loadSegment, constant(UInt64(i.a.number)), zeroExtend(value, from: .half))
            setStackPointer(stackOffset(i, plus: Int64(i.width)), i)
            return endBlock()
        }
        let above = stackOffset(i, plus: Int64(i.width))
        if i.a.kind == .memory {
            // An address that is made with the stack pointer has it as it is afterwards.
            let usesPointer = i.base == Self.stackPointer
            let shifted = usesPointer ? add(effectiveAddress(i), constant(UInt64(i.width))) : effectiveAddress(i)
            let offset = truncate(shifted, i.addressWidth)
            try store(linear(offset, i.segment, i.a.width, writes: true, i), value, i.size)
            return setStackPointer(above, i)
        }
        setStackPointer(above, i)
        try write(i.a, value, i)
    }

    mutating func pushAll(_ i: Instruction) throws(Interruption) {
        let width = AccessWidth(bytes: i.width)
        let base = stackOffset(i, plus: -8 * Int64(i.width))
        let address = try stackAddress(base, i, 8 * i.width, writes: true)
        for number in 0..<8 as Range<UInt8> {
            let place = constant(UInt64(7 - number) * UInt64(i.width))
            try store(add(address, place), register(number, width), width)
        }
        setStackPointer(base, i)
    }

    mutating func popAll(_ i: Instruction) throws(Interruption) {
        let width = AccessWidth(bytes: i.width)
        let address = try stackAddress(stackOffset(i, plus: 0), i, 8 * i.width, writes: false)
        // Nothing is written before the last read, which may fault.
        var values: [Value] = []
        for number in 0..<8 as Range<UInt64> {
            values.append(try load(add(address, constant(number * UInt64(i.width))), width))
        }
        let above = stackOffset(i, plus: 8 * Int64(i.width))
        for number in 0..<8 as Range<UInt8> where number != 3 {
            setRegister(7 - number, values[Int(number)], width)
        }
        setStackPointer(above, i)
    }

    mutating func pushFlags(_ i: Instruction) throws(Interruption) {
        try push(help(.readFlags, constant(0), constant(0)), i, i.width)
    }

    mutating func popFlags(_ i: Instruction) throws(Interruption) {
        let value = try top(i, i.width)
        _ = try help(.writeFlags, value, constant(UInt64(i.width)))
        setStackPointer(stackOffset(i, plus: Int64(i.width)), i)
        endBlock()
    }

    /// Makes a stack frame. Frames with a nesting level copy pointers to the outer ones.
    mutating func enterFrame(_ i: Instruction) throws(Interruption) {
        let size = i.immediate & 0xffff
        let level = Int64(i.displacement & 31)
        let width = Int64(i.width)
        let frame = register(Self.framePointer)
        let newFrame = stackOffset(i, plus: -width)
        try store(stackAddress(newFrame, i, i.width, writes: true), frame, AccessWidth(bytes: i.width))
        var used = width
        if level > 0 {
            for number in 1..<max(level, 1) {
                let outer = truncate(add(frame, constant(UInt64(bitPattern: -number * width))), i.stackWidth)
                let pointer = try load(
                    stackAddress(outer, i, i.width, writes: false), AccessWidth(bytes: i.width))
                used += width
                try pushBelow(pointer, used, i)
            }
            used += width
            try pushBelow(newFrame, used, i)
        }
        let bottom = stackOffset(i, plus: -used - Int64(size))
        // The new top of the stack must be writable, as if it were pushed to.
        setStackPointer(bottom, i)
        setRegister(Self.framePointer, newFrame, AccessWidth(bytes: i.width))
    }

    private mutating func pushBelow(_ value: Value, _ distance: Int64, _ i: Instruction) throws(Interruption) {
        let offset = stackOffset(i, plus: -distance)
        try store(stackAddress(offset, i, i.width, writes: true), value, AccessWidth(bytes: i.width))
    }

    mutating func leaveFrame(_ i: Instruction) throws(Interruption) {
        let offset = truncate(register(Self.framePointer), i.stackWidth)
        let value = try load(stackAddress(offset, i, i.width, writes: false), AccessWidth(bytes: i.width))
        setStackPointer(add(offset, constant(UInt64(i.width))), i)
        setRegister(Self.framePointer, value, AccessWidth(bytes: i.width))
    }
}
