// Addition, logic, comparison and shifts.
import MachineCore

/// The instructions of the 00 to 3F opcode block; the raw value is the opcode extension.
public enum ArithmeticOp: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case add = 0
    case or = 1
    case adc = 2
    case sbb = 3
    case and = 4
    case sub = 5
    case xor = 6
    case cmp = 7
}

/// Shifts and rotations; the raw value is the opcode extension.
public enum ShiftOp: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case rol = 0
    case ror = 1
    case shl = 4
    case shr = 5
    case sar = 7
}

extension Assembler {
    /// `destination op= source` (ADD, OR, ADC, SBB, AND, SUB, XOR, CMP).
    @inline(__always)
    public mutating func arithmetic(
        _ op: ArithmeticOp, _ destination: GeneralRegister, _ source: GeneralRegister,
        width: AccessWidth = .double
    ) {
        let (reg, rm) = (destination.rawValue, source.rawValue)
        let rex = needsREX(reg, width) || needsREX(rm, width)
        emit(.one(op.rawValue &<< 3 | 2, width), reg, rm, wide: width == .double, rex: rex)
    }

    /// `destination op= memory`.
    public mutating func arithmetic(
        _ op: ArithmeticOp, _ destination: GeneralRegister, _ memory: MemoryOperand,
        width: AccessWidth = .double
    ) {
        let reg = destination.rawValue
        let opcode = Opcode.one(op.rawValue &<< 3 | 2, width)
        emit(opcode, reg, memory, wide: width == .double, rex: needsREX(reg, width))
    }

    /// `memory op= source`.
    public mutating func arithmetic(
        _ op: ArithmeticOp, _ memory: MemoryOperand, _ source: GeneralRegister,
        width: AccessWidth = .double
    ) {
        let reg = source.rawValue
        emit(.one(op.rawValue &<< 3, width), reg, memory, wide: width == .double, rex: needsREX(reg, width))
    }

    /// `destination op= value`, sign-extended, in one byte when that is enough.
    public mutating func arithmetic(
        _ op: ArithmeticOp, _ destination: GeneralRegister, _ value: Int32, width: AccessWidth = .double
    ) {
        let (opcode, immediate) = Self.arithmeticImmediate(value, width)
        let rm = destination.rawValue
        emit(opcode, op.rawValue, rm, wide: width == .double, rex: needsREX(rm, width), immediate)
    }

    /// `memory op= value`, sign-extended, in one byte when that is enough.
    public mutating func arithmetic(
        _ op: ArithmeticOp, _ memory: MemoryOperand, _ value: Int32, width: AccessWidth = .double
    ) {
        let (opcode, immediate) = Self.arithmeticImmediate(value, width)
        emit(opcode, op.rawValue, memory, wide: width == .double, immediate)
    }

    @inline(__always)
    private static func arithmeticImmediate(_ value: Int32, _ width: AccessWidth) -> (Opcode, Immediate) {
        if width != .byte, fitsByte(value) {
            return (.one(0x83, prefix: width == .half ? 0x66 : 0), .byte(UInt8(truncatingIfNeeded: value)))
        }
        return (.one(0x80, width), .full(value, width))
    }

    /// Sets the flags of `left & right` (TEST).
    @inline(__always)
    public mutating func test(
        _ left: GeneralRegister, _ right: GeneralRegister, width: AccessWidth = .double
    ) {
        let (rm, reg) = (left.rawValue, right.rawValue)
        let rex = needsREX(reg, width) || needsREX(rm, width)
        emit(.one(0x84, width), reg, rm, wide: width == .double, rex: rex)
    }

    /// Sets the flags of `register & value`, sign-extended (TEST).
    public mutating func test(_ register: GeneralRegister, _ value: Int32, width: AccessWidth = .double) {
        let rm = register.rawValue
        let rex = needsREX(rm, width)
        emit(.one(0xF6, width), 0, rm, wide: width == .double, rex: rex, .full(value, width))
    }

    /// Sets the flags of `memory & value`, sign-extended (TEST).
    public mutating func test(_ memory: MemoryOperand, _ value: Int32, width: AccessWidth = .double) {
        emit(.one(0xF6, width), 0, memory, wide: width == .double, .full(value, width))
    }

    /// Inverts all bits and leaves the flags alone (NOT).
    @inline(__always)
    public mutating func not(_ register: GeneralRegister, width: AccessWidth = .double) {
        unary(2, register, width)
    }

    /// Two's complement (NEG).
    @inline(__always)
    public mutating func neg(_ register: GeneralRegister, width: AccessWidth = .double) {
        unary(3, register, width)
    }

    /// The instructions of opcode F6/F7, told apart by an opcode extension.
    @inline(__always)
    mutating func unary(_ opcodeExtension: UInt8, _ register: GeneralRegister, _ width: AccessWidth) {
        let rm = register.rawValue
        emit(.one(0xF6, width), opcodeExtension, rm, wide: width == .double, rex: needsREX(rm, width))
    }

    /// Shifts or rotates by a constant, of which the CPU takes 6 bits at `.double`, otherwise 5 (SHL,
    /// SHR, SAR, ROL, ROR).
    public mutating func shift(
        _ op: ShiftOp, _ register: GeneralRegister, _ count: UInt8, width: AccessWidth = .double
    ) {
        let rm = register.rawValue
        let rex = needsREX(rm, width)
        emit(.one(0xC0, width), op.rawValue, rm, wide: width == .double, rex: rex, .byte(count))
    }

    /// Shifts or rotates by the low bits of cl (SHL, SHR, SAR, ROL, ROR).
    public mutating func shiftByCL(_ op: ShiftOp, _ register: GeneralRegister, width: AccessWidth = .double) {
        let rm = register.rawValue
        emit(.one(0xD2, width), op.rawValue, rm, wide: width == .double, rex: needsREX(rm, width))
    }

    /// Shifts by the low bits of a register and leaves the flags alone (SHLX, SHRX, SARX; BMI2). Widths
    /// are `.word` and `.double`; rotations have no such form.
    public mutating func shiftX(
        _ op: ShiftOp, _ destination: GeneralRegister, _ source: GeneralRegister, _ count: GeneralRegister,
        width: AccessWidth = .double
    ) {
        guard let prefix = Self.shiftPrefix(op) else { return fail() }
        let opcode = VEXOpcode(prefix, .map0F38, 0xF7, wide: width == .double)
        emit(opcode, destination.rawValue, count.rawValue, source.rawValue)
    }

    /// Shifts what memory holds by the low bits of a register (SHLX, SHRX, SARX; BMI2).
    public mutating func shiftX(
        _ op: ShiftOp, _ destination: GeneralRegister, _ source: MemoryOperand, _ count: GeneralRegister,
        width: AccessWidth = .double
    ) {
        guard let prefix = Self.shiftPrefix(op) else { return fail() }
        let opcode = VEXOpcode(prefix, .map0F38, 0xF7, wide: width == .double)
        emit(opcode, destination.rawValue, count.rawValue, source)
    }

    @inline(__always)
    private static func shiftPrefix(_ op: ShiftOp) -> VEXPrefix? {
        switch op {
        case .shl: .p66
        case .shr: .pF2
        case .sar: .pF3
        case .rol, .ror: nil
        }
    }

    /// Rotates right by a constant into another register and leaves the flags alone (RORX; BMI2).
    public mutating func rorx(
        _ destination: GeneralRegister, _ source: GeneralRegister, _ count: UInt8,
        width: AccessWidth = .double
    ) {
        let opcode = VEXOpcode(.pF2, .map0F3A, 0xF0, wide: width == .double)
        emit(opcode, destination.rawValue, 0, source.rawValue, .byte(count))
    }
}
