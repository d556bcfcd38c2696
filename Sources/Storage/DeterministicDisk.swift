// A block back end whose timing is a function of virtual time alone.
import HostOS
import MachineCore

/// Completes each request exactly `latency` virtual nanoseconds after it was submitted, and does its
/// I/O at that moment on the runner thread: how fast the host is can not be seen.
public final class DeterministicDisk: AttachedDisk {
    public var byteCount: UInt64 { disk.byteCount }
    public var isReadOnly: Bool { disk.isReadOnly }
    private let disk: any SynchronousDisk
    private let latency: UInt64
    private let clock: VirtualClock
    private let log: MachineLog
    private var timer: VirtualTimer?
    /// In order of deadlines: all have the same latency.
    private var waiting: [WaitingRequest] = []

    private struct WaitingRequest {
        let deadline: UInt64
        let operation: BlockRequest.Operation
        let completion: (BlockStatus) -> Void
    }

    /// - Parameters:
    ///   - latency: virtual nanoseconds from submission to completion, at least 1: without time
    ///     between them, a guest that asks again at once would never let the timers end.
    public init(
        _ disk: any SynchronousDisk, latency: UInt64, clock: VirtualClock, timers: TimerQueue, log: MachineLog
    ) {
        self.disk = disk
        self.latency = max(latency, 1)
        self.clock = clock
        self.log = log
        timer = timers.makeTimer { [unowned self] in completeFirst() }
    }

    /// The requests whose completion was not called yet.
    public var requestsInFlight: Int { waiting.count }

    public func submit(_ request: BlockRequest, completion: @escaping (BlockStatus) -> Void) {
        let (sum, overflows) = clock.now.addingReportingOverflow(latency)
        let deadline = overflows ? UInt64.max : sum
        waiting.append(
            WaitingRequest(deadline: deadline, operation: request.operation, completion: completion))
        armTimer()
    }

    /// Completes all requests at once, and flushes the disk.
    /// - Throws: `HostError` when the flush fails: what was written may not be on the medium.
    public func close() throws(HostError) {
        while !waiting.isEmpty { completeFirst() }
        try disk.perform(.flush)
    }

    public func abandon() {
        waiting = []
        timer?.disarm()
    }

    private func completeFirst() {
        guard !waiting.isEmpty else { return }
        let request = waiting.removeFirst()
        armTimer()
        let outcome = disk.outcome(of: request.operation)
        if let cause = outcome.cause { log.note(disk.name, "\(cause)") }
        request.completion(outcome.status)
    }

    private func armTimer() {
        if let first = waiting.first {
            timer?.arm(at: first.deadline)
        } else {
            timer?.disarm()
        }
    }
}
