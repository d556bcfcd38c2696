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

/// The state bytes that are sure to be overwritten, walking backwards, before anything reads them: a
/// bit for each byte of a granule.
private struct OverwrittenBytes {
    private var masks = StateGranules<UInt8>(filler: 0)

    /// The bytes of `granule` that are in `range`, bit 0 for the first.
    private func mask(_ range: Range<Int>, in granule: Int) -> UInt8 {
        let bytes = range.clamped(to: granule << 3..<(granule + 1) << 3)
        return (0xff >> UInt8(8 - bytes.count)) << UInt8(bytes.lowerBound & 7)
    }

    func covers(_ range: Range<Int>) -> Bool {
        range.granules.allSatisfy { granule in
            let needed = mask(range, in: granule)
            return (masks[granule] ?? 0) & needed == needed
        }
    }

    mutating func insert(_ range: Range<Int>) {
        for granule in range.granules { masks[granule] = (masks[granule] ?? 0) | mask(range, in: granule) }
    }

    mutating func remove(_ range: Range<Int>) {
        for granule in range.granules {
            if let known = masks[granule] { masks[granule] = known & ~mask(range, in: granule) }
        }
    }

    mutating func clear() { masks.clear() }
}
