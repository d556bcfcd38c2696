// What a guest can see of a PLIC, and which of it can be true.
import MachineCore

extension PLIC {
    /// One bit for each source, in words as the registers show them.
    public struct SourceSet: Codable, Equatable, Sendable {
        /// Bit n of word w is source 32 w + n.
        public var words: [UInt32]

        /// No source out of `sourceCount`.
        public init(sourceCount: Int) {
            words = Array(repeating: 0, count: (sourceCount + 31) / 32)
        }

        /// Whether `source` is in the set.
        public subscript(source: Int) -> Bool {
            get { words[source / 32] >> UInt32(source % 32) & 1 != 0 }
            set {
                let bit: UInt32 = 1 << UInt32(source % 32)
                words[source / 32] = newValue ? words[source / 32] | bit : words[source / 32] & ~bit
            }
        }
    }

    /// The registers of one context.
    public struct Context: Codable, Equatable, Sendable {
        /// The sources that may interrupt this context.
        public var enabled: SourceSet
        /// Only higher priorities interrupt, 0 to 7.
        public var threshold: UInt8

        /// A context without interrupts.
        public init(sourceCount: Int) {
            enabled = SourceSet(sourceCount: sourceCount)
            threshold = 0
        }
    }

    /// All registers, and the gateways.
    public struct State: Codable, Equatable, Sendable {
        /// The priority of each source, 0 to 7; source 0 does not exist and has 0.
        public var priorities: [UInt8]
        /// The levels of the wires.
        public var levels: SourceSet
        /// Requests that wait to be claimed.
        public var pending: SourceSet
        /// Requests that are claimed and not completed: their gateways are closed.
        public var claimed: SourceSet
        /// The contexts.
        public var contexts: [Context]

        /// The state at power-on, in which no interrupt is enabled.
        /// - Parameters:
        ///   - sourceCount: one more than the highest source, brought into 2...1024.
        ///   - contextCount: the number of contexts, brought into 0...15872.
        public init(sourceCount: Int, contextCount: Int) {
            let sourceCount = min(max(sourceCount, 2), PLIC.maximumSourceCount)
            let contextCount = min(max(contextCount, 0), PLIC.maximumContextCount)
            priorities = Array(repeating: 0, count: sourceCount)
            levels = SourceSet(sourceCount: sourceCount)
            pending = SourceSet(sourceCount: sourceCount)
            claimed = SourceSet(sourceCount: sourceCount)
            contexts = Array(repeating: Context(sourceCount: sourceCount), count: contextCount)
        }
    }
}

extension PLIC.State {
    /// One more than the highest source.
    public var sourceCount: Int { priorities.count }

    /// The bits of a word of sources that exist. Source 0 does not.
    func existingSources(inWord word: Int) -> UInt32 {
        let beyond = sourceCount - word * 32
        let inRange: UInt32 = beyond >= 32 ? ~0 : (1 << UInt32(max(beyond, 0))) - 1
        return word == 0 ? inRange & ~1 : inRange
    }

    func validate(contextCount: Int) throws(StateError) {
        guard (2...PLIC.maximumSourceCount).contains(sourceCount) else {
            throw StateError(part: "plic", reason: "\(sourceCount) sources")
        }
        guard contexts.count == contextCount, contextCount <= PLIC.maximumContextCount else {
            throw StateError(
                part: "plic", reason: "\(contexts.count) contexts in a machine with \(contextCount)")
        }
        guard ([levels, pending, claimed] + contexts.map(\.enabled)).allSatisfy(isPossible) else {
            throw StateError(part: "plic", reason: "a set of sources has some that do not exist")
        }
        let highest = PLIC.maximumPriority
        guard priorities[0] == 0, priorities.allSatisfy({ $0 <= highest }),
            contexts.allSatisfy({ $0.threshold <= highest })
        else { throw StateError(part: "plic", reason: "a priority or threshold above \(highest)") }
        guard zip(pending.words, claimed.words).allSatisfy({ $0 & $1 == 0 }) else {
            throw StateError(part: "plic", reason: "a source is pending and claimed at once")
        }
    }

    private func isPossible(_ set: PLIC.SourceSet) -> Bool {
        guard set.words.count == (sourceCount + 31) / 32 else { return false }
        return set.words.indices.allSatisfy { set.words[$0] & ~existingSources(inWord: $0) == 0 }
    }
}
