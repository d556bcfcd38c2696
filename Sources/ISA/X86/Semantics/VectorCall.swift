// An instruction on vectors, packed into the operand of a helper.
import MachineCore

/// What a helper needs to know of an MMX or SSE instruction.
struct VectorCall: RawRepresentable {
    /// What an operand is for a helper.
    enum Kind: UInt64 {
        case none, vector, mmx
        /// A general register: sources are passed by value, results are given back.
        case general
        /// Memory: what was read lies in `CPUState.scratch`, zero-extended.
        case memory
    }

    let rawValue: UInt64
    init(rawValue: UInt64) { self.rawValue = rawValue }

    init(_ i: Instruction) {
        func kind(_ operand: Operand) -> Kind {
            switch operand.kind {
            case .vector: .vector
            case .mmx: .mmx
            case .register: .general
            case .memory: .memory
            default: .none
            }
        }
        rawValue = UInt64(i.operation.rawValue) | UInt64(i.a.number) << 16 | UInt64(i.b.number) << 21
            | kind(i.a).rawValue << 26 | kind(i.b).rawValue << 29 | UInt64(i.b.width) << 32
            | (i.immediate & 0xff) << 40 | UInt64(i.a.width) << 48 | (i.width == 8 ? 1 << 56 : 0)
    }

    var operation: Operation { Operation(rawValue: UInt16(truncatingIfNeeded: rawValue)) ?? .ud2 }
    var first: Int { Int(rawValue >> 16 & 31) }
    var second: Int { Int(rawValue >> 21 & 31) }
    var firstKind: Kind { Kind(rawValue: rawValue >> 26 & 7) ?? .none }
    var secondKind: Kind { Kind(rawValue: rawValue >> 29 & 7) ?? .none }
    /// The sizes of the operands in bytes.
    var firstWidth: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 48) }
    var secondWidth: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 32) }
    var immediate: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 40) }
    /// General operands have 64 bits.
    var isWide: Bool { rawValue >> 56 & 1 != 0 }
    /// The operation is one of MMX.
    var isMMX: Bool { firstKind == .mmx || secondKind == .mmx }
}
