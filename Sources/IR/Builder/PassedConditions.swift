// Conditions that were checked earlier in the block.

/// The last few conditions of conditional raises. Values do not change, so one check is enough.
struct PassedConditions: Sendable {
    private var conditions = InlineArray<4, Int32>(repeating: IRInstruction.unused)
    private var next = 0

    func contains(_ condition: IRCondition) -> Bool {
        conditions[0] == condition.index || conditions[1] == condition.index
            || conditions[2] == condition.index || conditions[3] == condition.index
    }

    mutating func note(_ condition: IRCondition) {
        conditions[next] = condition.index
        next = (next + 1) & 3
    }
}
