// A thread that does jobs one after the other, for work that blocks on the host.

/// A dedicated thread with a queue: jobs run in the order in which they were submitted.
public final class WorkerThread: Sendable {
    private let jobs: JobQueue
    private let thread: HostThread

    /// Starts the thread.
    /// - Throws: `HostError` when the host refuses another thread.
    public init() throws(HostError) {
        let jobs = JobQueue()
        self.jobs = jobs
        thread = try HostThread { jobs.runAll() }
    }

    deinit { finish() }

    /// Runs `job` after all earlier jobs; false (and it never runs) once `finish` was called.
    public func submit(_ job: @escaping @Sendable () -> Void) -> Bool { jobs.append(job) }

    /// Runs the jobs that wait, and ends the thread. Returns when that is done; may be called again.
    public func finish() {
        jobs.close()
        thread.finish()
    }
}

/// A first-in-first-out queue on which one thread waits; `mutex` guards the two variables, which makes
/// the class sendable.
private final class JobQueue: @unchecked Sendable {
    typealias Job = @Sendable () -> Void

    private let mutex = HostMutex()
    private let arrived: HostCondition
    private var waiting: [Job] = []
    private var isClosed = false

    init() { arrived = HostCondition(mutex) }

    func append(_ job: @escaping Job) -> Bool {
        mutex.withLock {
            guard !isClosed else { return false }
            waiting.append(job)
            arrived.signal()
            return true
        }
    }

    func close() {
        mutex.withLock {
            isClosed = true
            arrived.signal()
        }
    }

    /// Runs jobs until the queue is closed and empty.
    func runAll() {
        while let batch = takeBatch() {
            for job in batch { job() }
        }
    }

    /// Waits for jobs and takes all there are; nil at the end.
    private func takeBatch() -> [Job]? {
        mutex.withLock {
            while waiting.isEmpty {
                if isClosed { return nil }
                arrived.wait()
            }
            defer { waiting = [] }
            return waiting
        }
    }
}
