// What a driver can notice of the disk itself: the requests that it is working on.
import MachineCore

extension VirtioBlock {
    /// The guest-visible state of the disk. A request in flight is known by the first descriptor of its
    /// chain; the rest is in RAM, where the driver must not touch it before the request is done.
    public struct State: Codable, Equatable, Sendable {
        /// The heads of the chains that are being worked on, in the order in which they came.
        public internal(set) var inFlight: [UInt16] = []
    }

    public static let stateVersion: UInt8 = 1
    public static var powerOn: State { State() }

    static func check(_ state: State, _ transport: VirtioTransport) throws(StateError) {
        let queue = transport.state.queues[requestQueue]
        guard Set(state.inFlight).count == state.inFlight.count,
            state.inFlight.allSatisfy({ $0 < queue.size })
        else { throw StateError(part: transport.name, reason: "its requests in flight can not be") }
        guard state.inFlight.isEmpty || queue.isEnabled else {
            throw StateError(part: transport.name, reason: "requests in flight on a queue that is off")
        }
    }

    /// Starts the requests again that were in flight when the state was saved. Doing one twice is
    /// harmless: it reads or writes the same bytes, and the driver hears of it once.
    func resubmitInFlight() {
        let heads = state.inFlight
        state.inFlight = []
        for head in heads {
            guard let chain = transport.chainInFlight(Self.requestQueue, head: head) else {
                // The device has failed, now or before: the driver waits for all of these in vain.
                state.inFlight = heads
                return
            }
            start(chain)
        }
        if !heads.isEmpty { transport.signal(Self.requestQueue) }
    }
}
