// Removes stores to state that are overwritten before anything can see them.

/// A store to state goes when later stores cover all its bytes and nothing in between reads them: no
/// load of those bytes, no floating-point operation (for the flags byte), and nothing that can be
/// interrupted or that calls out, because outside the block all state is visible.
public struct DeadStateStores: Pass {
    public static var name: String { "dead state stores" }

    /// A pass without settings.
    public init() {}

    public func run(_ block: IRBlock, _ environment: IREnvironment) -> IRBlock {
        let dead = deadStores(block, environment)
        if dead.isEmpty { return block }
        var rewriter = IRRewriter(capacity: block.instructions.count)
        // The indices were found from the last to the first.
        var next = dead.count - 1
        for (index, instruction) in block.instructions.enumerated() {
            if next >= 0, dead[next] == index {
                next -= 1
                rewriter.drop()
            } else {
                rewriter.write(rewriter.moved(instruction))
            }
        }
        return rewriter.finish()
    }

    /// The indices of dead stores, descending.
    private func deadStores(_ block: IRBlock, _ environment: IREnvironment) -> [Int] {
        var dead: [Int] = []
        var overwritten = OverwrittenBytes()
        for index in block.instructions.indices.reversed() {
            let instruction = block.instructions[index]
            switch instruction.op {
            case .storeState where overwritten.covers(instruction.stateRange): dead.append(index)
            case .storeState: overwritten.insert(instruction.stateRange)
            case .loadState: overwritten.remove(instruction.stateRange)
            case .float:
                overwritten.remove(environment.floatFlagsOffset..<environment.floatFlagsOffset + 1)
            default:
                let observers: IROp.Effects = [.interrupts, .readsState, .terminates]
                if !instruction.op.properties.effects.isDisjoint(with: observers) { overwritten.clear() }
            }
        }
        return dead
    }
}

/// The state bytes that are sure to be overwritten, walking backwards, before anything reads them.
///
/// Each range is the field of one store. Ranges are not merged: two stores of half a register do not
/// kill a store of the whole, which instruction sets hardly ever do.
private struct OverwrittenBytes {
    private var ranges: [Range<Int>] = []
    /// More ranges than this are not worth their search time.
    private static let limit = 64

    func covers(_ range: Range<Int>) -> Bool {
        ranges.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound }
    }

    mutating func insert(_ range: Range<Int>) {
        if ranges.count < Self.limit { ranges.append(range) }
    }

    mutating func remove(_ range: Range<Int>) {
        ranges.removeAll { $0.overlaps(range) }
    }

    mutating func clear() { ranges.removeAll(keepingCapacity: true) }
}
