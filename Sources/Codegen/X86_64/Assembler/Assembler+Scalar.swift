// Scalar floating-point arithmetic, comparison and conversion.
import MachineCore

/// Scalar arithmetic; the raw value is the opcode.
public enum VectorOp: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// The square root of the second operand.
    case sqrt = 0x51
    case add = 0x58
    case mul = 0x59
    case sub = 0x5C
    /// The lesser; the second operand when one is NaN or both are zero.
    case min = 0x5D
    case div = 0x5E
    /// The greater; the second operand when one is NaN or both are zero.
    case max = 0x5F
}

extension Assembler {
    /// `destination = first op second` in the low lane; the bits above come from `first` (VADDSD, VADDSS
    /// and so on).
    public mutating func scalar(
        _ op: VectorOp, _ destination: VectorRegister, _ first: VectorRegister, _ second: VectorRegister,
        single: Bool
    ) {
        let opcode = VEXOpcode(single ? .pF3 : .pF2, .map0F, op.rawValue)
        emit(opcode, destination.rawValue, first.rawValue, second.rawValue)
    }

    /// `destination = first op memory` in the low lane.
    public mutating func scalar(
        _ op: VectorOp, _ destination: VectorRegister, _ first: VectorRegister, _ memory: MemoryOperand,
        single: Bool
    ) {
        let opcode = VEXOpcode(single ? .pF3 : .pF2, .map0F, op.rawValue)
        emit(opcode, destination.rawValue, first.rawValue, memory)
    }

    /// `destination = ±(destination * third) ± second`, rounded once (VFMADD132SD and so on; FMA).
    /// - Parameters:
    ///   - negateProduct: negates the product (VFNMADD, VFNMSUB).
    ///   - negateAddend: subtracts instead of adding (VFMSUB, VFNMSUB).
    public mutating func fmadd132(
        _ destination: VectorRegister, _ second: VectorRegister, _ third: VectorRegister, single: Bool,
        negateProduct: Bool = false, negateAddend: Bool = false
    ) {
        let opcode = Self.fused(0x99, single, negateProduct, negateAddend)
        emit(opcode, destination.rawValue, second.rawValue, third.rawValue)
    }

    /// `destination = ±(destination * memory) ± second`, rounded once.
    public mutating func fmadd132(
        _ destination: VectorRegister, _ second: VectorRegister, _ memory: MemoryOperand, single: Bool,
        negateProduct: Bool = false, negateAddend: Bool = false
    ) {
        let opcode = Self.fused(0x99, single, negateProduct, negateAddend)
        emit(opcode, destination.rawValue, second.rawValue, memory)
    }

    /// `destination = ±(second * destination) ± third`, rounded once (VFMADD213SD and so on; FMA).
    public mutating func fmadd213(
        _ destination: VectorRegister, _ second: VectorRegister, _ third: VectorRegister, single: Bool,
        negateProduct: Bool = false, negateAddend: Bool = false
    ) {
        let opcode = Self.fused(0xA9, single, negateProduct, negateAddend)
        emit(opcode, destination.rawValue, second.rawValue, third.rawValue)
    }

    /// `destination = ±(second * destination) ± memory`, rounded once.
    public mutating func fmadd213(
        _ destination: VectorRegister, _ second: VectorRegister, _ memory: MemoryOperand, single: Bool,
        negateProduct: Bool = false, negateAddend: Bool = false
    ) {
        let opcode = Self.fused(0xA9, single, negateProduct, negateAddend)
        emit(opcode, destination.rawValue, second.rawValue, memory)
    }

    /// `destination = ±(second * third) ± destination`, rounded once (VFMADD231SD and so on; FMA).
    public mutating func fmadd231(
        _ destination: VectorRegister, _ second: VectorRegister, _ third: VectorRegister, single: Bool,
        negateProduct: Bool = false, negateAddend: Bool = false
    ) {
        let opcode = Self.fused(0xB9, single, negateProduct, negateAddend)
        emit(opcode, destination.rawValue, second.rawValue, third.rawValue)
    }

    /// `destination = ±(second * memory) ± destination`, rounded once.
    public mutating func fmadd231(
        _ destination: VectorRegister, _ second: VectorRegister, _ memory: MemoryOperand, single: Bool,
        negateProduct: Bool = false, negateAddend: Bool = false
    ) {
        let opcode = Self.fused(0xB9, single, negateProduct, negateAddend)
        emit(opcode, destination.rawValue, second.rawValue, memory)
    }

    @inline(__always)
    private static func fused(
        _ base: UInt8, _ single: Bool, _ negateProduct: Bool, _ negateAddend: Bool
    ) -> VEXOpcode {
        let byte = base &+ (negateAddend ? 2 : 0) &+ (negateProduct ? 4 : 0)
        return VEXOpcode(.p66, .map0F38, byte, wide: !single)
    }

    /// Compares and sets ZF, PF and CF; only a signalling NaN is invalid (VUCOMISD, VUCOMISS).
    public mutating func ucomis(_ first: VectorRegister, _ second: VectorRegister, single: Bool) {
        emit(VEXOpcode(single ? .none : .p66, .map0F, 0x2E), first.rawValue, 0, second.rawValue)
    }

    /// Compares with memory; only a signalling NaN is invalid (VUCOMISD, VUCOMISS).
    public mutating func ucomis(_ first: VectorRegister, _ memory: MemoryOperand, single: Bool) {
        emit(VEXOpcode(single ? .none : .p66, .map0F, 0x2E), first.rawValue, 0, memory)
    }

    /// Compares and sets ZF, PF and CF; every NaN is invalid (VCOMISD, VCOMISS).
    public mutating func comis(_ first: VectorRegister, _ second: VectorRegister, single: Bool) {
        emit(VEXOpcode(single ? .none : .p66, .map0F, 0x2F), first.rawValue, 0, second.rawValue)
    }

    /// Compares with memory; every NaN is invalid (VCOMISD, VCOMISS).
    public mutating func comis(_ first: VectorRegister, _ memory: MemoryOperand, single: Bool) {
        emit(VEXOpcode(single ? .none : .p66, .map0F, 0x2F), first.rawValue, 0, memory)
    }

    /// Converts to a signed integer of `.word` or `.double`, towards zero or as MXCSR says; what does not
    /// fit becomes the least integer (VCVTTSD2SI, VCVTSD2SI, VCVTTSS2SI, VCVTSS2SI).
    public mutating func convertToInteger(
        _ destination: GeneralRegister, _ source: VectorRegister, width: AccessWidth, truncate: Bool,
        single: Bool
    ) {
        let byte: UInt8 = truncate ? 0x2C : 0x2D
        let opcode = VEXOpcode(single ? .pF3 : .pF2, .map0F, byte, wide: width == .double)
        emit(opcode, destination.rawValue, 0, source.rawValue)
    }

    /// Converts a signed integer of `.word` or `.double`; the bits above the low lane come from `merge`
    /// (VCVTSI2SD, VCVTSI2SS).
    public mutating func convertFromInteger(
        _ destination: VectorRegister, _ merge: VectorRegister, _ source: GeneralRegister,
        width: AccessWidth, single: Bool
    ) {
        let opcode = VEXOpcode(single ? .pF3 : .pF2, .map0F, 0x2A, wide: width == .double)
        emit(opcode, destination.rawValue, merge.rawValue, source.rawValue)
    }

    /// Converts the single in `source` to a double; the bits above come from `merge` (VCVTSS2SD).
    public mutating func convertSingleToDouble(
        _ destination: VectorRegister, _ merge: VectorRegister, _ source: VectorRegister
    ) {
        let opcode = VEXOpcode(.pF3, .map0F, 0x5A)
        emit(opcode, destination.rawValue, merge.rawValue, source.rawValue)
    }

    /// Converts the double in `source` to a single; the bits above come from `merge` (VCVTSD2SS).
    public mutating func convertDoubleToSingle(
        _ destination: VectorRegister, _ merge: VectorRegister, _ source: VectorRegister
    ) {
        let opcode = VEXOpcode(.pF2, .map0F, 0x5A)
        emit(opcode, destination.rawValue, merge.rawValue, source.rawValue)
    }

    /// Rounds `source` to an integral value; the bits above come from `merge` (VROUNDSD, VROUNDSS).
    /// - Parameter control: 0 to nearest even, 1 down, 2 up, 3 towards zero, 4 as MXCSR says; plus 8 to
    ///   raise no inexact exception.
    public mutating func round(
        _ destination: VectorRegister, _ merge: VectorRegister, _ source: VectorRegister, _ control: UInt8,
        single: Bool
    ) {
        let opcode = VEXOpcode(.p66, .map0F3A, single ? 0x0A : 0x0B)
        emit(opcode, destination.rawValue, merge.rawValue, source.rawValue, .byte(control))
    }
}
