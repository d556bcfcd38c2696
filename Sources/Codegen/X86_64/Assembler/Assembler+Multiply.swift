// Multiplication and division.
import MachineCore

extension Assembler {
    /// `destination *= source`, the low half of the product (IMUL). Widths: `.word` and `.double`.
    @inline(__always)
    public mutating func imul(
        _ destination: GeneralRegister, _ source: GeneralRegister, width: AccessWidth = .double
    ) {
        emit(.two(0xAF), destination.rawValue, source.rawValue, wide: width == .double)
    }

    /// `destination *= memory`, the low half of the product (IMUL). Widths: `.word` and `.double`.
    public mutating func imul(
        _ destination: GeneralRegister, _ memory: MemoryOperand, width: AccessWidth = .double
    ) {
        emit(.two(0xAF), destination.rawValue, memory, wide: width == .double)
    }

    /// `destination = source * value`, the low half of the product (IMUL). Widths: `.word`, `.double`.
    public mutating func imul(
        _ destination: GeneralRegister, _ source: GeneralRegister, _ value: Int32,
        width: AccessWidth = .double
    ) {
        let wide = width == .double
        if fitsByte(value) {
            let immediate = Immediate.byte(UInt8(truncatingIfNeeded: value))
            emit(.one(0x6B), destination.rawValue, source.rawValue, wide: wide, immediate)
        } else {
            emit(.one(0x69), destination.rawValue, source.rawValue, wide: wide, .full(value, .word))
        }
    }

    /// `rdx:rax = rax * source`, unsigned (MUL).
    public mutating func mul(_ source: GeneralRegister, width: AccessWidth = .double) {
        unary(4, source, width)
    }

    /// `rdx:rax = rax * source`, signed (IMUL).
    public mutating func imulWide(_ source: GeneralRegister, width: AccessWidth = .double) {
        unary(5, source, width)
    }

    /// `high:low = rdx * source`, unsigned, and leaves the flags alone (MULX; BMI2). When both are the
    /// same register, it gets the high half.
    public mutating func mulx(
        _ high: GeneralRegister, _ low: GeneralRegister, _ source: GeneralRegister,
        width: AccessWidth = .double
    ) {
        let opcode = VEXOpcode(.pF2, .map0F38, 0xF6, wide: width == .double)
        emit(opcode, high.rawValue, low.rawValue, source.rawValue)
    }

    /// `rax, rdx = rdx:rax / divisor`, quotient and remainder, unsigned; faults when the divisor is 0 or
    /// the quotient does not fit (DIV).
    public mutating func div(_ divisor: GeneralRegister, width: AccessWidth = .double) {
        unary(6, divisor, width)
    }

    /// The same, signed (IDIV).
    public mutating func idiv(_ divisor: GeneralRegister, width: AccessWidth = .double) {
        unary(7, divisor, width)
    }

    /// Extends the sign of rax into rdx (CQO).
    public mutating func cqo() { whole(0x9948, 2) }

    /// Extends the sign of eax into edx (CDQ).
    public mutating func cdq() { whole(0x99, 1) }
}
