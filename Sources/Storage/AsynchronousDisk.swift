// A block back end that does its work on a thread of its own, in the order of submission.
import HostOS
import MachineCore

/// Runs the requests of one disk on one I/O thread, and hands the outcomes to the machine's runner.
///
/// All functions are for the runner thread. Guest memory of a request must stay until the request
/// is complete, so `close` comes before the machine's RAM goes.
public final class AsynchronousDisk: AttachedDisk {
    /// Runs a closure later on the runner thread; called on the I/O thread and, after `close`, on
    /// the runner thread. It must not run the closure in place.
    public typealias Deliver = @Sendable (@escaping @Sendable () -> Void) -> Void

    public var byteCount: UInt64 { disk.byteCount }
    public var isReadOnly: Bool { disk.isReadOnly }
    private let disk: any SynchronousDisk
    private let worker: WorkerThread
    private let log: MachineLog
    private let deliver: Deliver
    /// The completions stay on the runner thread; only their numbers travel.
    private var completions: [UInt64: (BlockStatus) -> Void] = [:]
    private var submittedCount: UInt64 = 0

    /// Starts the I/O thread of `disk`.
    /// - Throws: `HostError` when the host refuses a thread.
    public init(_ disk: any SynchronousDisk, log: MachineLog, deliver: @escaping Deliver) throws(HostError) {
        self.disk = disk
        self.log = log
        self.deliver = deliver
        worker = try WorkerThread()
    }

    /// The requests whose completion was not called yet.
    public var requestsInFlight: Int { completions.count }

    public func submit(_ request: BlockRequest, completion: @escaping (BlockStatus) -> Void) {
        let number = submittedCount
        submittedCount += 1
        completions[number] = completion
        let home = RunnerReference(self)
        let isAccepted = worker.submit { [disk, deliver] in
            let outcome = disk.outcome(of: request.operation)
            deliver { home.object?.complete(number, outcome) }
        }
        guard !isAccepted else { return }
        let refusal = HostError("use \(disk.name) after it was closed", code: HostError.Code.badDescriptor)
        deliver { home.object?.complete(number, BlockOutcome(status: .ioError, cause: refusal)) }
    }

    /// Waits for all requests, flushes the disk, and ends the I/O thread. The outcomes were delivered
    /// when this returns; the completions are called when the runner looks at them.
    /// - Throws: `HostError` when the flush fails: what was written may not be on the medium.
    public func close() throws(HostError) {
        worker.finish()
        try disk.perform(.flush)
    }

    public func abandon() { worker.finish() }

    private func complete(_ number: UInt64, _ outcome: BlockOutcome) {
        if let cause = outcome.cause { log.note(disk.name, "\(cause)") }
        completions.removeValue(forKey: number)?(outcome.status)
    }
}

/// Carries a reference to an object of the runner thread through other threads. They never look
/// into it; weak, so that they do not keep the object alive either.
private final class RunnerReference<Object: AnyObject>: @unchecked Sendable {
    private(set) weak var object: Object?

    init(_ object: Object) { self.object = object }
}
