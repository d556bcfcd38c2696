// A thread that does jobs one after the other, for work that blocks on the host.
import Glibc
import Synchronization

/// A dedicated thread with a queue: jobs run in the order in which they were submitted.
public final class WorkerThread: Sendable {
    private let jobs = JobQueue()
    private let thread: Mutex<pthread_t?>

    /// Starts the thread. It takes no signals: those are for the threads that expect them.
    /// - Throws: `HostError` when the host refuses another thread.
    public init() throws(HostError) {
        var everything = sigset_t()
        var before = sigset_t()
        sigfillset(&everything)
        pthread_sigmask(SIG_SETMASK, &everything, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

        var started = pthread_t()
        let argument = Unmanaged.passRetained(jobs)
        let code = pthread_create(&started, nil, { argument in
            guard let argument else { return nil }
            Unmanaged<JobQueue>.fromOpaque(argument).takeRetainedValue().runAll()
            return nil
        }, argument.toOpaque())
        thread = Mutex(code == 0 ? started : nil)
        guard code == 0 else {
            argument.release()
            throw HostError("start a thread", code: code)
        }
    }

    deinit { finish() }

    /// Runs `job` after all earlier jobs; false (and it never runs) once `finish` was called.
    public func submit(_ job: @escaping @Sendable () -> Void) -> Bool { jobs.append(job) }

    /// Runs the jobs that wait, and ends the thread. Returns when that is done; may be called again.
    public func finish() {
        jobs.close()
        guard let thread = thread.withLock({ $0.take() }) else { return }
        // The last reference may go in a job; a thread can not wait for itself.
        if pthread_equal(thread, pthread_self()) != 0 {
            pthread_detach(thread)
        } else {
            pthread_join(thread, nil)
        }
    }
}

/// A first-in-first-out queue on which one thread waits. `Mutex` has no condition variable, so this
/// is the host's own pair; `mutex` guards the two variables, which makes the class sendable.
private final class JobQueue: @unchecked Sendable {
    typealias Job = @Sendable () -> Void

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Job] = []
    private var isClosed = false

    init() {
        mutex.initialize(to: pthread_mutex_t())
        arrived.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(arrived, nil)
    }

    deinit {
        pthread_cond_destroy(arrived)
        pthread_mutex_destroy(mutex)
        arrived.deallocate()
        mutex.deallocate()
    }

    func append(_ job: @escaping Job) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed else { return false }
        waiting.append(job)
        pthread_cond_signal(arrived)
        return true
    }

    func close() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        isClosed = true
        pthread_cond_signal(arrived)
    }

    /// Runs jobs until the queue is closed and empty.
    func runAll() {
        while let batch = takeBatch() {
            for job in batch { job() }
        }
    }

    /// Waits for jobs and takes all there are; nil at the end.
    private func takeBatch() -> [Job]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.isEmpty {
            if isClosed { return nil }
            pthread_cond_wait(arrived, mutex)
        }
        defer { waiting = [] }
        return waiting
    }
}
