// Operations on 16-byte fields of state that the host's vector unit does as the guest wants them.
import MachineCore

/// An operation of SSE, by its encoding (Intel SDM volume 2, appendix A): for guests with the same operations. Operands
/// are fields of 16 bytes in the state block.
public struct VectorOperation: Sendable, Equatable, BitwiseCopyable {
    /// Which operands there are. The first field is written unless it says otherwise.
    public enum Form: UInt8, Sendable, BitwiseCopyable {
        /// The first field, made of both.
        case binary
        /// The first field, made of the second.
        case unary
        /// The first field, shifted by the immediate value; `extension` chooses the shift.
        case shift
        /// A general value, made of the second field; nothing is written.
        case toGeneral
        /// The same, where the encoding has the operands the other way round.
        case toGeneralReversed
        /// The first field, made of itself and a general value.
        case fromGeneral
        /// The first field, made of a general value.
        case fromGeneralUnary
        /// Status flags, made of both fields; nothing is written.
        case compare
    }

    public var form: Form
    /// The last byte of the opcode.
    public var opcode: UInt8
    /// 0 for none, 1 for 66, 2 for F3, 3 for F2.
    public var prefix: UInt8
    /// 1 for 0F, 2 for 0F38, 3 for 0F3A.
    public var map: UInt8
    /// General operands have 64 bits.
    public var isWide = false
    public var immediate: UInt8?
    /// The byte offsets of the fields, below 65536.
    public var first = 0
    public var second = 0
    /// The opcode extension of shifts, 0 to 7.
    public var `extension`: UInt8 = 0

    /// An operation by its encoding.
    public init(_ form: Form, opcode: UInt8, prefix: UInt8, map: UInt8) {
        self.form = form
        self.opcode = opcode
        self.prefix = prefix & 3
        self.map = map & 3
    }

    var detail: UInt16 {
        UInt16(opcode) | UInt16(prefix) << 8 | UInt16(map) << 10 | UInt16(form.rawValue) << 12 | (isWide ? 1 << 15 : 0)
    }

    var bits: UInt64 {
        let value = immediate.map { UInt64($0) | 1 << 8 } ?? 0
        return UInt64(first & 0xffff) | UInt64(second & 0xffff) << 16 | value << 32 | UInt64(`extension` & 7) << 48
    }

    /// What an instruction of the IR says.
    public init(_ instruction: IRInstruction) {
        let (detail, bits) = (instruction.detail, instruction.immediate)
        self.init(
            Form(rawValue: UInt8(detail >> 12 & 7)) ?? .binary, opcode: UInt8(truncatingIfNeeded: detail),
            prefix: UInt8(detail >> 8 & 3), map: UInt8(detail >> 10 & 3))
        isWide = detail >> 15 != 0
        first = Int(bits & 0xffff)
        second = Int(bits >> 16 & 0xffff)
        immediate = bits >> 40 & 1 != 0 ? UInt8(truncatingIfNeeded: bits >> 32) : nil
        `extension` = UInt8(bits >> 48 & 7)
    }
}

extension IRBuilder {
    /// Performs an operation on vectors; gives what goes to a general register or the flags, if anything.
    /// - Parameter general: the general operand, where the form has one.
    @discardableResult
    public mutating func vector(_ operation: VectorOperation, _ general: IRValue? = nil) -> IRValue {
        let operand = general ?? constant(0)
        let index = emit(
            IRInstruction(.vector, operand.index, immediate: operation.bits, detail: operation.detail))
        forgetVector(operation.first)
        return IRValue(index: index)
    }

    /// Reads `byteCount` bytes (4, 8 or 16) at a guest address into the 16-byte field at `offset`, whose rest becomes
    /// zero. What the TLB does not serve interrupts the instruction.
    public mutating func loadVector(_ address: IRValue, byteCount: UInt16, into offset: Int) {
        emit(IRInstruction(.loadVector, address.index, immediate: UInt64(offset), detail: byteCount))
        forgetVector(offset)
    }

    /// Writes the low `byteCount` bytes (4, 8 or 16) of the field at `offset` to a guest address, as `loadVector`.
    public mutating func storeVector(_ address: IRValue, byteCount: UInt16, from offset: Int) {
        emit(IRInstruction(.storeVector, address.index, immediate: UInt64(offset), detail: byteCount))
    }

    private mutating func forgetVector(_ offset: Int) {
        knownFields.forget(offset)
        knownFields.forget(offset + 8)
    }
}
