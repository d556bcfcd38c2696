// Replaces loads of state whose value is known from earlier in the block.

/// A load of state after a load or store of the same bytes takes that value. A helper call, which may
/// change any state, forgets everything; memory accesses do not (see `IROp.Effects`).
public struct LocalStateForwarding: Pass {
    public static var name: String { "local state forwarding" }

    /// A pass without settings.
    public init() {}

    public func run(_ block: IRBlock, _ environment: IREnvironment) -> IRBlock {
        var rewriter = IRRewriter(capacity: block.instructions.count)
        var known = KnownFields()
        for instruction in block.instructions {
            let moved = rewriter.moved(instruction)
            if moved.op == .loadState, let field = known.field(moved) {
                forward(field, moved, &known, &rewriter)
                continue
            }
            let index = rewriter.write(moved)
            known.note(moved, at: index, environment)
        }
        return rewriter.finish()
    }

    /// Replaces the load `instruction` by the value of `field`, cut to the width if it came from a
    /// store: stores ignore the upper bytes of their operand.
    private func forward(
        _ field: KnownFields.Field, _ instruction: IRInstruction, _ known: inout KnownFields,
        _ rewriter: inout IRRewriter
    ) {
        if field.isZeroExtended {
            rewriter.drop(replacement: field.value)
            return
        }
        let cut = IRInstruction(.zeroExtend, field.value, width: instruction.accessWidth)
        let index = rewriter.write(cut)
        known.remember(instruction, value: index, isZeroExtended: true)
    }
}

/// The state bytes whose contents are in a value: at most one field of each aligned eight bytes.
private struct KnownFields {
    struct Field {
        let range: Range<Int>
        /// The index of the value.
        let value: Int32
        /// The value holds nothing above the field's bytes.
        let isZeroExtended: Bool
    }

    private var fields = StateGranules(filler: Field(range: 0..<0, value: 0, isZeroExtended: false))

    /// What is known of exactly the bytes that `instruction` accesses.
    func field(_ instruction: IRInstruction) -> Field? {
        let range = instruction.stateRange
        guard let field = fields[range.granules.lowerBound], field.range == range else { return nil }
        return field
    }

    /// The bytes that `instruction` accesses are now those of `value`. Forgets what overlaps, and more:
    /// all else in the same granules.
    mutating func remember(_ instruction: IRInstruction, value: Int32, isZeroExtended: Bool) {
        let range = instruction.stateRange
        let granules = range.granules
        let isInOne = granules.count == 1
        let field = Field(range: range, value: value, isZeroExtended: isZeroExtended)
        for granule in granules { fields[granule] = isInOne ? field : nil }
    }

    /// Takes into account what `instruction`, now at `index`, does to state.
    mutating func note(_ instruction: IRInstruction, at index: Int32, _ environment: IREnvironment) {
        switch instruction.op {
        case .loadState: remember(instruction, value: index, isZeroExtended: true)
        case .storeState:
            let isWhole = instruction.accessWidth == .double
            remember(instruction, value: instruction.a, isZeroExtended: isWhole)
        case .float: fields[environment.floatFlagsOffset >> 3] = nil
        case .callHelper: fields.clear()
        default: break
        }
    }
}
