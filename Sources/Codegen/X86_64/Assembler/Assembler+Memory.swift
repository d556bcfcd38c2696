// Moves between registers, constants and memory.
import MachineCore

extension Assembler {
    /// Copies 64 bits (MOV).
    @inline(__always)
    public mutating func move(_ destination: GeneralRegister, _ source: GeneralRegister) {
        emit(.one(0x8B), destination.rawValue, source.rawValue, wide: true)
    }

    /// Copies the low 32 bits and clears the high ones (MOV).
    @inline(__always)
    public mutating func move32(_ destination: GeneralRegister, _ source: GeneralRegister) {
        emit(.one(0x8B), destination.rawValue, source.rawValue, wide: false)
    }

    /// Loads a constant in the shortest form that leaves the flags alone (MOV).
    public mutating func moveImmediate(_ destination: GeneralRegister, _ value: UInt64) {
        let signed = Int64(bitPattern: value)
        if value <= UInt64(UInt32.max) {
            emitShort(0xB8, bitCount: 8, destination.rawValue, wide: false)
            if !overflowed { put(value, 4) }
        } else if signed >= Int64(Int32.min), signed < 0 {
            let immediate = Immediate.full(Int32(truncatingIfNeeded: signed), .double)
            emit(.one(0xC7), 0, destination.rawValue, wide: true, immediate)
        } else {
            emitShort(0xB8, bitCount: 8, destination.rawValue, wide: true)
            if !overflowed { put(value, 8) }
        }
    }

    /// Makes a register 0 and changes the flags (XOR).
    @inline(__always)
    public mutating func clear(_ register: GeneralRegister) {
        emit(.one(0x33), register.rawValue, register.rawValue, wide: false)
    }

    /// Loads `width` and clears the bits above (MOVZX, MOV).
    public mutating func load(_ destination: GeneralRegister, _ memory: MemoryOperand, width: AccessWidth) {
        emit(Self.zeroExtending(width), destination.rawValue, memory, wide: width == .double)
    }

    /// Loads `width` and extends its sign to 64 bits (MOVSX, MOVSXD, MOV).
    public mutating func loadSigned(
        _ destination: GeneralRegister, _ memory: MemoryOperand, width: AccessWidth
    ) {
        emit(Self.signExtending(width), destination.rawValue, memory, wide: true)
    }

    /// Stores the low `width` of a register (MOV).
    public mutating func store(_ memory: MemoryOperand, _ source: GeneralRegister, width: AccessWidth) {
        let register = source.rawValue
        emit(.one(0x88, width), register, memory, wide: width == .double, rex: needsREX(register, width))
    }

    /// Stores a constant: its low `width`, or its sign extension to 64 bits (MOV).
    public mutating func storeImmediate(_ memory: MemoryOperand, _ value: Int32, width: AccessWidth) {
        emit(.one(0xC6, width), 0, memory, wide: width == .double, .full(value, width))
    }

    /// Extends the sign of the low `width` to 64 bits (MOVSX, MOVSXD, MOV).
    public mutating func signExtend(
        _ destination: GeneralRegister, _ source: GeneralRegister, width: AccessWidth
    ) {
        emit(Self.signExtending(width), destination.rawValue, source.rawValue, wide: true)
    }

    /// Clears all but the low `width` (MOVZX, MOV).
    public mutating func zeroExtend(
        _ destination: GeneralRegister, _ source: GeneralRegister, width: AccessWidth
    ) {
        let (reg, rm) = (destination.rawValue, source.rawValue)
        emit(Self.zeroExtending(width), reg, rm, wide: width == .double, rex: needsREX(rm, width))
    }

    /// Computes an address (LEA); at `.word`, its low 32 bits.
    @inline(__always)
    public mutating func lea(
        _ destination: GeneralRegister, _ memory: MemoryOperand, width: AccessWidth = .double
    ) {
        emit(.one(0x8D), destination.rawValue, memory, wide: width == .double)
    }

    /// Computes an address in this code (LEA, relative to rip).
    /// - Returns: the position to give to `patchRelative(at:to:)`.
    public mutating func leaRIP(_ destination: GeneralRegister) -> Int {
        guard reserve() else { return count }
        let rex = 0x48 | UInt64(destination.rawValue &>> 3) &<< 2
        let modRM = UInt64((destination.rawValue & 7) &<< 3 | 5)
        put(rex | 0x8D00 | modRM &<< 16, 7)
        return count &- 4
    }

    /// Puts the flags on the stack (PUSHFQ).
    public mutating func pushFlags() { whole(0x9C, 1) }

    /// Puts a register on the stack (PUSH).
    @inline(__always)
    public mutating func push(_ register: GeneralRegister) {
        emitShort(0x50, bitCount: 8, register.rawValue, wide: false)
    }

    /// Takes a register from the stack (POP).
    @inline(__always)
    public mutating func pop(_ register: GeneralRegister) {
        emitShort(0x58, bitCount: 8, register.rawValue, wide: false)
    }

    /// Loads the floating-point control and status word (LDMXCSR).
    public mutating func ldmxcsr(_ memory: MemoryOperand) { emit(.two(0xAE), 2, memory, wide: false) }

    /// Stores the floating-point control and status word, 4 bytes (STMXCSR).
    public mutating func stmxcsr(_ memory: MemoryOperand) { emit(.two(0xAE), 3, memory, wide: false) }

    @inline(__always)
    private static func zeroExtending(_ width: AccessWidth) -> Opcode {
        switch width {
        case .byte: .two(0xB6)
        case .half: .two(0xB7)
        case .word, .double: .one(0x8B)
        }
    }

    @inline(__always)
    private static func signExtending(_ width: AccessWidth) -> Opcode {
        switch width {
        case .byte: .two(0xBE)
        case .half: .two(0xBF)
        case .word: .one(0x63)
        case .double: .one(0x8B)
        }
    }
}
