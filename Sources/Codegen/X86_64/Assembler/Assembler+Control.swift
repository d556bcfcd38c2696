// Jumps, calls, and the distances in them.
import MachineCore

extension Assembler {
    /// Returns (RET).
    public mutating func ret() { whole(0xC3, 1) }

    /// Faults (UD2).
    public mutating func ud2() { whole(0x0B0F, 2) }

    /// Calls the address in a register (CALL).
    public mutating func call(_ register: GeneralRegister) {
        emit(.one(0xFF), 2, register.rawValue, wide: false)
    }

    /// Calls the address in memory (CALL).
    public mutating func callMemory(_ memory: MemoryOperand) { emit(.one(0xFF), 2, memory, wide: false) }

    /// Jumps to the address in a register (JMP).
    public mutating func jump(_ register: GeneralRegister) {
        emit(.one(0xFF), 4, register.rawValue, wide: false)
    }

    /// Jumps to the address in memory (JMP).
    public mutating func jump(_ memory: MemoryOperand) { emit(.one(0xFF), 4, memory, wide: false) }

    /// Jumps by a distance to be given to `patchRelative(at:to:)` (JMP); until then, to the next
    /// instruction.
    /// - Returns: the position of the distance, 4 bytes.
    public mutating func jumpRelative() -> Int {
        whole(0xE9, 5)
        return count &- 4
    }

    /// The same under a condition (Jcc).
    public mutating func jumpRelative(_ condition: Condition) -> Int {
        whole(0x800F | UInt64(condition.rawValue) &<< 8, 6)
        return count &- 4
    }

    /// Calls by a distance to be given to `patchRelative(at:to:)` (CALL).
    public mutating func callRelative() -> Int {
        whole(0xE8, 5)
        return count &- 4
    }

    /// Jumps by a distance of one byte, to be given to `patchShort(at:to:)` (JMP).
    public mutating func jumpShort() -> Int {
        whole(0xEB, 2)
        return count &- 1
    }

    /// The same under a condition (Jcc).
    public mutating func jumpShort(_ condition: Condition) -> Int {
        whole(0x70 | UInt64(condition.rawValue), 2)
        return count &- 1
    }

    /// Makes what `jumpRelative`, `callRelative` or `leaRIP` left at `position` lead to an offset in the
    /// buffer.
    public mutating func patchRelative(at position: Int, to target: Int) {
        guard let distance = Int32(exactly: target &- (position &+ 4)) else { return fail() }
        replace(at: position, with: distance)
    }

    /// Makes what `jumpShort` left at `position` lead to an offset in the buffer; fails (`overflowed`)
    /// when that is not between 128 bytes before and 127 bytes after the end of the jump.
    public mutating func patchShort(at position: Int, to target: Int) {
        guard let distance = Int8(exactly: target &- (position &+ 1)) else { return fail() }
        replace(at: position, with: distance)
    }

    /// The distance to put into an instruction that ends at `next`; nil when it is more than 2 GiB.
    @inline(__always)
    public static func relative(from next: UnsafeRawPointer, to target: UnsafeRawPointer) -> Int32? {
        distance(from: UInt(bitPattern: next), to: UInt(bitPattern: target))
    }

    @inline(__always)
    private static func distance(from next: UInt, to target: UInt) -> Int32? {
        Int32(exactly: Int(bitPattern: target &- next))
    }

    /// Jumps to an address, under a condition if one is given, from where this code will execute
    /// (`finalBase`). Out of reach, it goes through a copy of the address behind the jump.
    public mutating func jump(_ condition: Condition? = nil, toAddress target: UInt) {
        let length: UInt = condition == nil ? 5 : 6
        if let distance = Self.distance(from: finalAddress &+ length, to: target) {
            let position = condition.map { jumpRelative($0) } ?? jumpRelative()
            if !overflowed { replace(at: position, with: distance) }
            return
        }
        // jmp [rip+0]; the address. A condition skips these 14 bytes when it does not hold.
        if let condition { whole(0x0E70 | UInt64(condition.inverted.rawValue), 2) }
        whole(0x25FF, 6)
        whole(UInt64(target), 8)
    }

    /// Calls an address from where this code will execute (`finalBase`). Out of reach, it goes through a
    /// copy of the address behind the call.
    public mutating func call(toAddress target: UInt) {
        if let distance = Self.distance(from: finalAddress &+ 5, to: target) {
            let position = callRelative()
            if !overflowed { replace(at: position, with: distance) }
            return
        }
        // call [rip+2]; jmp over the address; the address.
        whole(0x08EB_0000_0002_15FF, 8)
        whole(UInt64(target), 8)
    }

    /// Does nothing for `byteCount` bytes, in as few instructions as recommended (NOP, Intel SDM volume
    /// 2, "Recommended Multi-Byte Sequence of NOP Instruction").
    public mutating func nop(_ byteCount: Int) {
        var left = byteCount
        while left > 0, !overflowed {
            let length = min(left, 8)
            whole(Self.nop(length), length)
            left &-= length
        }
    }

    private static func nop(_ byteCount: Int) -> UInt64 {
        switch byteCount {
        case 1: 0x90
        case 2: 0x9066
        case 3: 0x001F0F
        case 4: 0x0040_1F0F
        case 5: 0x00_0044_1F0F
        case 6: 0x0000_441F_0F66
        case 7: 0x801F0F
        default: 0x841F0F
        }
    }
}
