// The way of an interrupt: from its gateway to a context, claimed, completed.
import MachineCore

extension PLIC {
    /// The gateway of `source` sends a request if its wire is high and no earlier request is on its
    /// way. A request that was sent is never taken back, even when the wire falls ("Interrupt
    /// Gateways").
    func forwardRequest(of source: Int) {
        guard state.levels[source], !state.claimed[source] else { return }
        state.pending[source] = true
    }

    /// The claimable source with the highest priority, 0 if there is none; it is no longer pending.
    /// The threshold does not matter here ("Interrupt Claim Process").
    func claim(for context: Int) -> Int {
        let source = bestSource(for: context)
        guard source != 0 else { return 0 }
        state.pending[source] = false
        state.claimed[source] = true
        driveContexts()
        return source
    }

    /// Opens the gateway of a source again. It is not checked who claimed it, but the source must be
    /// enabled for the context ("Interrupt Completion").
    func complete(_ identifier: UInt32, for context: Int) {
        guard let source = Int(exactly: identifier), source > 0, source < state.sourceCount,
            state.contexts[context].enabled[source]
        else { return }
        state.claimed[source] = false
        forwardRequest(of: source)
    }

    /// Tells every context whether it has an interrupt above its threshold ("Priority Thresholds").
    func driveContexts() {
        for context in state.contexts.indices {
            let best = bestSource(for: context)
            let notifies = best != 0 && state.priorities[best] > state.contexts[context].threshold
            resources.contextLines[context].set(notifies)
        }
    }

    /// The pending and enabled source with the highest priority; the lowest number wins a tie, and
    /// priority 0 means never ("Interrupt Priorities").
    private func bestSource(for context: Int) -> Int {
        var best = 0
        var bestPriority: UInt8 = 0
        for (index, word) in state.contexts[context].enabled.words.enumerated() {
            var candidates = word & state.pending.words[index]
            while candidates != 0 {
                let source = index * 32 + candidates.trailingZeroBitCount
                candidates &= candidates &- 1
                if state.priorities[source] > bestPriority {
                    best = source
                    bestPriority = state.priorities[source]
                }
            }
        }
        return best
    }
}
