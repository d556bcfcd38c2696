// Whether a recording says what happened: running it again must lead to the same states.
import StateCodec

/// What came of running a recording again.
public enum RecordingVerdict: Equatable, Sendable {
    /// So many moments were compared, over so many instructions; all are equal.
    case same(moments: Int, instructions: UInt64)
    /// The state of `part` differs first after this instruction.
    case differs(part: String, instruction: UInt64)
}

extension Machine {
    /// Runs the recording again from its beginning, and compares the state at every keyframe, and all of memory at
    /// the end, with what they were. Takes as long as running it; the machine is where it was afterwards.
    /// - Parameter engine: runs it, instead of the machine's own.
    /// - Throws: `MachineError` when nothing is recorded, or there is no such engine.
    public func verifyRecording(with engine: String? = nil) throws -> RecordingVerdict {
        let timeline = try recorded()
        let (here, ownEngine) = (instructionsExecuted, engineName)
        let end = max(timeline.end, here)
        if let engine { try EngineCatalog.check(engine) }
        try travel(to: end)
        let (endHash, keyframes) = (try stateHash(), timeline.keyframes)
        try timeline.goBack(self, to: timeline.beginning)
        let beginning = instructionsExecuted
        if let engine { try switchEngine(to: engine) }
        defer { try? switchEngine(to: ownEngine) }
        return try withoutDebugging {
            for keyframe in keyframes {
                try replay(to: keyframe.instructions)
                if let part = try stateTree().firstDifference(from: keyframe.state.tree) {
                    return .differs(part: part, instruction: keyframe.instructions)
                }
            }
            try replay(to: end)
            guard try stateHash() == endHash else { return .differs(part: "memory", instruction: end) }
            if here < end { try travel(to: here) }
            return .same(moments: keyframes.count + 1, instructions: end - beginning)
        }
    }
}

extension StateTree {
    /// The path of the first part that is not as in `other`; nil when all are.
    fileprivate func firstDifference(from other: StateTree) -> String? {
        let paths = Set(nodes.map(\.path)).union(other.nodes.map(\.path)).sorted()
        return paths.first { node(at: $0) != other.node(at: $0) }
    }
}
