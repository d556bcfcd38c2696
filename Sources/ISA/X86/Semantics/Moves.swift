// Moves, and operations on the flags themselves.
import MachineCore

extension X86Semantics {
    mutating func move(_ i: Instruction) throws(Interruption) {
        switch (i.a.kind, i.b.kind) {
        case (.segment, _):
            let selector = zeroExtend(try read(i.b, i), from: .half)
            _ = try help(.loadSegment, constant(UInt64(i.a.number)), selector)
            endBlock()
        case (.control, _), (.debug, _):
            let number = UInt64(i.a.number) | (i.a.kind == .debug ? 16 : 0)
            _ = try help(.writeControl, constant(number), try read(i.b, i))
            endBlock()
        case (_, .control), (_, .debug):
            let number = UInt64(i.b.number) | (i.b.kind == .debug ? 16 : 0)
            try write(i.a, help(.readControl, constant(number), constant(0)), i)
        default: try write(i.a, read(i.b, i), i)
        }
    }

    mutating func moveSigned(_ i: Instruction) throws(Interruption) {
        try write(i.a, signExtend(read(i.b, i), from: AccessWidth(bytes: i.b.width)), i)
    }

    mutating func moveIf(_ i: Instruction) throws(Interruption) {
        let new = try read(i.b, i)
        let old = try read(i.a, i)
        // A 32-bit register loses its upper half even when it keeps the rest.
        try write(i.a, select(test(i.condition, flags()), new, old), i)
    }

    mutating func setIf(_ i: Instruction) throws(Interruption) {
        try write(i.a, truth(test(i.condition, flags())), i)
    }

    mutating func loadEffectiveAddress(_ i: Instruction) throws(Interruption) {
        try write(i.a, effectiveAddress(i), i)
    }

    /// AL from the table at RBX.
    mutating func translateByte(_ i: Instruction) throws(Interruption) {
        let offset = truncate(add(register(3), register(0, .byte)), i.addressWidth)
        let value = try load(linear(offset, i.segment, 1, writes: false, i), .byte)
        setRegister(0, value, .byte)
    }

    /// A segment register and a general register from a far pointer in memory.
    mutating func loadFarPointer(_ i: Instruction, _ segment: UInt64) throws(Interruption) {
        let address = try readAddress(i, i.b.width)
        let offset = try load(address, i.size)
        let selector = try load(add(address, constant(UInt64(i.a.width))), .half)
        _ = try help(.loadSegment, constant(segment), selector)
        try write(i.a, offset, i)
        endBlock()
    }

    // MARK: Flags

    mutating func loadFlagsIntoHigh() {
        let value = or(flags(), constant(2))
        let whole = and(register(0), constant(~0xff00))
        setRegister(0, or(whole, shiftLeft(zeroExtend(value, from: .byte), by: constant(8))))
    }

    mutating func storeFlagsFromHigh() {
        let mask = RFlags.status & 0xff
        setFlags(mask, and(shiftRightLogical(register(0), by: constant(8)), constant(mask)))
    }

    mutating func changeCarry(_ operation: Operation) {
        switch operation {
        case .cmc: setFlags(xor(flags(), constant(RFlags.carry)))
        case .stc: setFlags(or(flags(), constant(RFlags.carry)))
        default: setFlags(and(flags(), constant(RFlags.status & ~RFlags.carry)))
        }
    }

    mutating func setDirection(_ backwards: Bool) {
        let others = and(loadState(StateField.systemFlags, .double), constant(~RFlags.direction))
        let new = backwards ? or(others, constant(RFlags.direction)) : others
        storeState(StateField.systemFlags, new, .double)
    }
}
