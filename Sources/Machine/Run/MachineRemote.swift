// What other threads may ask of a running machine.
import HostOS
import Synchronization

/// Reaches a machine from other threads: every request is done by the machine's own thread, between
/// two slices of execution.
public final class MachineRemote: Sendable {
    /// Input beyond this many bytes that the guest has not read is dropped: a sender of much input
    /// calls `waitForInputRoom` between its pieces.
    public static let maximumInputByteCount = 1 << 20

    private let mailbox: Mailbox
    private let input = Mutex<[UInt8]>([])
    private let inputByteCount = Atomic<Int>(0)
    private let inputEnded = Atomic<Bool>(false)
    private let stopWanted = Atomic<Bool>(false)
    private let machineEnded = Atomic<Bool>(false)
    private let requests = Mutex<Requests>(Requests())
    private let requestsWaiting = Atomic<Bool>(false)

    private struct Requests {
        var waiting: [Request] = []
        var isClosed = false
    }

    /// Something that the machine's thread does; nil: the machine has ended.
    typealias Request = @Sendable (Machine?) -> Void

    init(_ mailbox: Mailbox) { self.mailbox = mailbox }

    /// Types `bytes` on the machine's console.
    public func sendInput(_ bytes: [UInt8]) {
        input.withLock { waiting in
            waiting += bytes.prefix(Self.maximumInputByteCount - waiting.count)
            inputByteCount.store(waiting.count, ordering: .releasing)
        }
        mailbox.post {}
    }

    /// Returns when the guest has read most of the input, or the machine has ended.
    public func waitForInputRoom() {
        while inputByteCount.load(ordering: .acquiring) > Self.maximumInputByteCount / 2,
            !machineEnded.load(ordering: .acquiring)
        {
            HostClock.sleep(nanoseconds: 2_000_000)
        }
    }

    /// Says that no more input will come, so that a machine that waits for it forever can end.
    public func endInput() {
        inputEnded.store(true, ordering: .releasing)
        mailbox.post {}
    }

    /// Stops the machine: `run` returns `.stopped`.
    public func stop() {
        stopWanted.store(true, ordering: .releasing)
        mailbox.post {}
    }

    /// Has `work` done by the machine's thread while all its CPUs stand still, soon.
    /// - Parameter completion: gets the result on the machine's thread, or the error that `work` threw; a
    ///   `MachineError` when the machine has ended.
    public func submit<Result: Sendable>(
        _ work: @escaping @Sendable (Machine) throws -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
    ) {
        let request: Request = { machine in
            completion(
                Swift.Result {
                    guard let machine else { throw MachineError("the machine has ended") }
                    return try work(machine)
                })
        }
        let isAccepted = requests.withLock { requests in
            if !requests.isClosed { requests.waiting.append(request) }
            return !requests.isClosed
        }
        guard isAccepted else { return request(nil) }
        requestsWaiting.store(true, ordering: .releasing)
        mailbox.wake()
    }

    /// As `submit`, and waits. Not for the machine's own thread.
    public func perform<Result: Sendable>(
        _ work: @escaping @Sendable (Machine) throws -> Result
    ) throws -> Result {
        let answer = Answer<Swift.Result<Result, any Error>>()
        submit(work) { answer.give($0) }
        return try answer.wait().get()
    }

    // MARK: The machine's side

    /// Someone asks for something.
    var hasRequests: Bool { requestsWaiting.load(ordering: .acquiring) }

    /// Takes the requests, in order.
    func takeRequests() -> [Request] {
        requestsWaiting.store(false, ordering: .sequentiallyConsistent)
        return requests.withLock { requests in
            defer { requests.waiting = [] }
            return requests.waiting
        }
    }

    var isInputPossible: Bool {
        !inputEnded.load(ordering: .acquiring) || inputByteCount.load(ordering: .acquiring) > 0
    }

    /// Some of what was typed has not found room yet.
    var isInputWaiting: Bool { inputByteCount.load(ordering: .acquiring) > 0 }

    /// Whether the machine is to stop; asking takes the request back.
    func takeStopRequest() -> Bool {
        stopWanted.load(ordering: .acquiring) && stopWanted.exchange(false, ordering: .acquiringAndReleasing)
    }

    /// Offers what was typed to `accept`, which says how many bytes it took.
    func deliverInput(_ accept: ([UInt8]) -> Int) {
        guard inputByteCount.load(ordering: .acquiring) > 0 else { return }
        input.withLock { waiting in
            waiting.removeFirst(accept(waiting))
            inputByteCount.store(waiting.count, ordering: .releasing)
        }
    }

    func machineHasEnded() {
        machineEnded.store(true, ordering: .releasing)
        requests.withLock { $0.isClosed = true }
        for request in takeRequests() { request(nil) }
    }
}
