// What a driver can notice of the card itself.
import MachineCore

extension VirtioNetwork {
    /// The guest-visible state of a card.
    public struct State: Codable, Equatable, Sendable {
        /// The driver was told that the cable is in.
        public internal(set) var isLinkUp = true
        /// The address that the driver set instead of the card's own.
        public internal(set) var address: MACAddress?
        /// Which frames the driver wants.
        public internal(set) var filter = ReceiveFilter()
        /// How many pairs of queues are in use: 1 or more.
        public internal(set) var activePairs = 1
        /// The pair that a flow's frames go to, by the flow's hash: empty or 256 entries.
        public internal(set) var steering: [UInt8] = []
        /// The pairs, in their order.
        public internal(set) var pairs = [Pair](repeating: Pair(), count: maximumQueuePairs)
    }

    /// What waits at a pair of queues.
    public struct Pair: Codable, Equatable, Sendable {
        /// Frames for the driver, which has no buffers for them now. Bounded.
        public internal(set) var waiting: [NetworkFrame] = []
        /// The heads of receive buffers that were taken for the first of them, and are not enough yet.
        public internal(set) var held: [UInt16] = []

        /// There is room for another frame.
        var hasRoom: Bool {
            guard waiting.count < Self.maximumFrames else { return false }
            return waiting.reduce(0) { $0 + $1.bytes.count } < Self.maximumBytes
        }

        /// The bounds of `waiting`. The last frame may go beyond the second.
        private static let maximumFrames = 256
        private static let maximumBytes = 1 << 20

        var isPossible: Bool {
            let before = waiting.dropLast().reduce(0) { $0 + $1.bytes.count }
            return waiting.count <= Self.maximumFrames && before < Self.maximumBytes
                && waiting.allSatisfy(\.isValid)
        }
    }

    /// What went through a card.
    public struct Counters: Equatable, Sendable {
        /// Frames and bytes that the driver sent.
        public internal(set) var sentFrames: UInt64 = 0
        public internal(set) var sentBytes: UInt64 = 0
        /// Frames and bytes that the driver got.
        public internal(set) var receivedFrames: UInt64 = 0
        public internal(set) var receivedBytes: UInt64 = 0
        /// Frames of the driver that were none.
        public internal(set) var malformedFrames: UInt64 = 0
        /// Frames that the driver did not want, or could not take.
        public internal(set) var filteredFrames: UInt64 = 0
    }

    public static let stateVersion: UInt8 = 1
    public static var powerOn: State { State() }

    static func check(
        _ state: State, _ transport: VirtioTransport, _ queuePairs: Int
    ) throws(StateError) {
        func refuse(_ reason: String) -> StateError { StateError(part: transport.name, reason: reason) }
        guard (1...queuePairs).contains(state.activePairs) else {
            throw refuse("\(state.activePairs) pairs of queues of \(queuePairs)")
        }
        let isSteered = state.steering.count == FlowHash.count
        guard state.steering.isEmpty || isSteered, isSteered || state.activePairs == 1,
            state.steering.allSatisfy({ $0 < state.activePairs })
        else { throw refuse("flows of queues that can not be") }
        guard state.filter.isPossible else { throw refuse("its receive filter can not be") }
        guard state.pairs.count == maximumQueuePairs else { throw refuse("\(state.pairs.count) pairs") }
        for (index, pair) in state.pairs.enumerated() {
            guard pair.isPossible else { throw refuse("the waiting frames of pair \(index) can not be") }
            let queue = transport.state.queues[receiveQueue(index)]
            let isPossible = Set(pair.held).count == pair.held.count && pair.held.allSatisfy { $0 < queue.size }
            guard isPossible, pair.held.isEmpty || queue.isEnabled else {
                throw refuse("the receive buffers of pair \(index) can not be")
            }
        }
    }
}
