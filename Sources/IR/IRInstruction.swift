// One operation with its operands, in 32 bytes.
import MachineCore

/// One instruction of a block. Its index in the block is also the name of its result.
///
/// A plain record: which fields an operation uses is in `IROp.table`; the others hold the defaults of
/// the initializer, so that equal instructions are equal bytes.
public struct IRInstruction: Hashable, Sendable, BitwiseCopyable {
    /// What is done.
    public var op: IROp
    /// The raw value of the `AccessWidth`, or 0.
    public var width: UInt8
    /// A small number whose meaning `IROp.Properties.detail` gives, or 0.
    public var detail: UInt16
    /// Operands: indices of earlier instructions, or `unused`.
    public var a, b, c, d: Int32
    /// The distance of a branch's other target from the block's guest address, or 0.
    public var otherwise: Int32
    /// Sixty-four bits whose meaning `IROp.Properties.immediate` gives, or 0.
    public var immediate: UInt64

    /// In an operand field: no operand.
    public static var unused: Int32 { -1 }

    /// Makes an instruction; what is not given is unused.
    @inline(__always)
    public init(
        _ op: IROp, _ a: Int32 = Self.unused, _ b: Int32 = Self.unused, _ c: Int32 = Self.unused,
        _ d: Int32 = Self.unused,
        immediate: UInt64 = 0, width: AccessWidth? = nil, detail: UInt16 = 0, otherwise: Int32 = 0
    ) {
        self.op = op
        self.width = width?.rawValue ?? 0
        self.detail = detail
        self.a = a
        self.b = b
        self.c = c
        self.d = d
        self.otherwise = otherwise
        self.immediate = immediate
    }

    /// The access width, or nil when there is none (or an illegal one, which the verifier refuses).
    public var accessWidth: AccessWidth? { AccessWidth(rawValue: width) }

    /// The immediate as a signed distance from the block's guest address.
    public var distance: Int64 { Int64(bitPattern: immediate) }

    /// Operand number `position` (0 to 3 for a, b, c, d).
    public subscript(operand position: Int) -> Int32 {
        get {
            switch position {
            case 0: a
            case 1: b
            case 2: c
            default: d
            }
        }
        set {
            switch position {
            case 0: a = newValue
            case 1: b = newValue
            case 2: c = newValue
            default: d = newValue
            }
        }
    }

    /// The state bytes that `loadState` and `storeState` name. Meaningful in verified blocks only.
    var stateRange: Range<Int> {
        let start = Int(truncatingIfNeeded: immediate)
        return start..<(start &+ Int(width))
    }
}
