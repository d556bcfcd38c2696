// Status flags of integer operations, as values.
import MachineCore

/// Operations whose flags are asked for. The flags are six bits of a value, at the places that they have on x86:
/// carry 0, parity 2, adjust 4, zero 6, sign 7, overflow 11 (Intel SDM volume 1, 3.4.3.1).
public enum FlagOperation: UInt16, Sendable, CaseIterable, BitwiseCopyable {
    case add, subtract
    /// The flags carry, adjust and overflow are zero.
    case and
}

/// A condition on the flags of an operation, in the detail field: bits 0 to 3 are the number of the condition
/// (Intel SDM volume 1, appendix B), those above the operation.
public struct FlagCondition: Sendable, Equatable, BitwiseCopyable {
    /// The operation.
    public let operation: FlagOperation
    /// 0 to 15; conditions come in pairs that exclude each other.
    public let number: UInt8

    /// Condition `number`, of which the low four bits count, on the flags of `operation`.
    public init(_ operation: FlagOperation, _ number: UInt8) {
        self.operation = operation
        self.number = number & 15
    }

    /// What a detail field says; nil where it says nothing.
    public init?(detail: UInt16) {
        guard let operation = FlagOperation(rawValue: detail >> 4) else { return nil }
        self.init(operation, UInt8(detail & 15))
    }

    var detail: UInt16 { operation.rawValue << 4 | UInt16(number) }

    /// Whether the condition holds.
    public func holds(_ a: UInt64, _ b: UInt64, _ width: AccessWidth) -> Bool {
        let flags = operation.flags(a, b, width)
        let isLess = (flags >> 7 ^ flags >> 11) & 1 != 0
        let holds: Bool
        switch number >> 1 {
        case 0: holds = flags & 0x800 != 0
        case 1: holds = flags & 1 != 0
        case 2: holds = flags & 0x40 != 0
        case 3: holds = flags & 0x41 != 0
        case 4: holds = flags & 0x80 != 0
        case 5: holds = flags & 4 != 0
        case 6: holds = isLess
        default: holds = isLess || flags & 0x40 != 0
        }
        return holds != (number & 1 != 0)
    }
}

extension FlagOperation {
    /// The flags of the operation on the low `width` bytes of its operands.
    public func flags(_ a: UInt64, _ b: UInt64, _ width: AccessWidth) -> UInt64 {
        let result: UInt64
        let carries: UInt64
        switch self {
        case .add:
            result = a &+ b
            carries = a & b | (a | b) & ~result
        case .subtract:
            result = a &- b
            carries = ~a & b | (~a | b) & result
        case .and:
            result = a & b
            carries = 0
        }
        let value = result & width.mask
        let top = width.byteCount &* 8 &- 1
        let isOdd = UInt8(truncatingIfNeeded: value).nonzeroBitCount & 1 != 0
        let overflow = (carries >> top ^ carries >> (top &- 1)) & 1
        return carries >> top & 1 | (isOdd ? 0 : 4) | carries << 1 & 0x10 | (value == 0 ? 0x40 : 0)
            | (value >> top) << 7 | overflow << 11
    }

    /// The flags that the operation can set.
    public var possibleFlags: UInt64 { self == .and ? 0xc4 : 0x8d5 }
}
