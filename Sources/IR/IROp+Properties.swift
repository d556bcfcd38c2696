// What there is to know about an operation without knowing its operands.
import MachineCore

extension IROp {
    /// One row of `IROp.table`.
    public struct Properties: Sendable {
        /// The operation that the row describes.
        public let op: IROp
        /// The name in the text form.
        public let name: StaticString
        /// How many operands, and of which types.
        public let operands: Operands
        /// The type of the result, or nil.
        public let result: IRType?
        /// What the 64-bit immediate field holds.
        public let immediate: Immediate
        /// What the 16-bit detail field holds.
        public let detail: Detail
        /// Which access widths are legal.
        public let width: Width
        /// What the operation touches beside its result.
        public let effects: Effects

        init(
            _ op: IROp, _ name: StaticString, _ operands: Operands, _ result: IRType?,
            _ immediate: Immediate, _ detail: Detail, _ width: Width, _ effects: Effects
        ) {
            self.op = op
            self.name = name
            self.operands = operands
            self.result = result
            self.immediate = immediate
            self.detail = detail
            self.width = width
            self.effects = effects
        }
    }

    /// The operation's row in the table.
    public var properties: Properties { Self.table[Int(rawValue)] }

    /// Operand types in order: in the names, `v` is a 64-bit value and `c` a condition.
    public enum Operands: UInt8, Sendable {
        case none, v, vv, vvvv, c, cv, cvv, cvvv

        /// 0 to 4.
        public var count: Int {
            switch self {
            case .none: 0
            case .v, .c: 1
            case .vv, .cv: 2
            case .cvv: 3
            case .vvvv, .cvvv: 4
            }
        }

        /// The type of operand number `position`. Conditions come first, and there is at most one.
        public func type(_ position: Int) -> IRType {
            switch self {
            case .c, .cv, .cvv, .cvvv: position == 0 ? .i1 : .i64
            case .none, .v, .vv, .vvvv: .i64
            }
        }
    }

    /// The meaning of the immediate field.
    public enum Immediate: UInt8, Sendable {
        /// Unused, zero.
        case none
        /// Sixty-four plain bits: a constant, or a guest's exception number.
        case bits
        /// 0 or 1.
        case truth
        /// A byte offset into the state block.
        case state
        /// A signed distance from the block's guest address, modulo 2^64.
        case relative
        /// As `relative`, for the taken side; the `otherwise` field holds the distance of the other.
        case targets
    }

    /// The meaning of the detail field.
    public enum Detail: UInt8, Sendable {
        /// Unused, zero.
        case none
        /// A guest instruction's length in bytes, 1 to `IRBlock.maximumGuestInstructionLength`.
        case length
        /// An `AtomicOperation` raw value.
        case atomic
        /// A `FenceKind` raw value.
        case fence
        /// A `FloatOperation.irCode`.
        case float
        /// A helper number of the instruction set.
        case helper
        /// A `FlagOperation` raw value.
        case flags
        /// A `FlagCondition.detail`.
        case flagCondition
        /// The encoding of a `VectorOperation`.
        case vector
        /// A number of bytes: 4, 8 or 16.
        case vectorWidth
    }

    /// Which access widths an operation takes.
    public enum Width: UInt8, Sendable {
        case none, any
        /// `.word` or `.double`.
        case wide

        /// Whether `width`, or no width when nil, is legal.
        public func allows(_ width: AccessWidth?) -> Bool {
            switch self {
            case .none: width == nil
            case .any: width != nil
            case .wide: width == .word || width == .double
            }
        }
    }

    /// What an operation touches.
    ///
    /// The rules that passes rely on:
    /// - What `interrupts` may end the block there, so it observes all state and nothing that changes
    ///   state or memory may cross it in either direction.
    /// - Memory accesses do not change state that instructions read with `loadState`: the CPU's pending
    ///   interrupts, address translation and the like are behind helpers.
    public struct Effects: OptionSet, Sendable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// Reads the state bytes that immediate and width name.
        public static let readsField = Effects(rawValue: 1 << 0)
        /// Overwrites the state bytes that immediate and width name.
        public static let writesField = Effects(rawValue: 1 << 1)
        /// Ors into the sticky floating-point flags byte.
        public static let accruesFlags = Effects(rawValue: 1 << 2)
        /// May read any state.
        public static let readsState = Effects(rawValue: 1 << 3)
        /// May change any state.
        public static let writesState = Effects(rawValue: 1 << 4)
        public static let readsMemory = Effects(rawValue: 1 << 5)
        public static let writesMemory = Effects(rawValue: 1 << 6)
        /// May end the block before its terminator, with the current guest instruction not retired.
        public static let interrupts = Effects(rawValue: 1 << 7)
        /// May leave the block behind the current guest instruction, which has retired: it observes all
        /// state, like what interrupts.
        public static let leavesEarly = Effects(rawValue: 1 << 9)
        /// Ends the block.
        public static let terminates = Effects(rawValue: 1 << 8)

        static let memoryRead: Effects = [.readsMemory, .interrupts]
        static let memoryWrite: Effects = [.writesMemory, .interrupts]
        static let memoryUpdate: Effects = [.readsMemory, .writesMemory, .interrupts]
        static let vectorCompute: Effects = [.readsState, .writesState]
        static let vectorRead: Effects = [.readsMemory, .interrupts, .writesState]
        static let vectorWrite: Effects = [.writesMemory, .interrupts, .readsState]
        static let fence: Effects = [.readsMemory, .writesMemory]
        static let everything: Effects = [
            .readsState, .writesState, .readsMemory, .writesMemory, .interrupts,
        ]
        static let exits: Effects = [.leavesEarly, .readsState]
        static let leaves: Effects = [.terminates, .readsState]
        static let raises: Effects = [.terminates, .interrupts, .readsState]
    }
}
