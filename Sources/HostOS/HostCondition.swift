// The host's mutexes and condition variables, which Swift's library does not have together.
import Glibc

/// A mutex that is locked and unlocked by hand, for use with `HostCondition`. Not recursive.
public final class HostMutex: @unchecked Sendable {
    // At a stable address for as long as this object, and only used through functions that follow the
    // rules of pthreads; that makes the class sendable.
    fileprivate let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    /// An unlocked mutex.
    public init() {
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Waits until nobody else holds the mutex, and takes it.
    public func lock() { pthread_mutex_lock(mutex) }

    /// Gives the mutex back; the caller holds it.
    public func unlock() { pthread_mutex_unlock(mutex) }

    /// Does `body` while holding the mutex.
    public func withLock<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        lock()
        defer { unlock() }
        return try body()
    }
}

/// A condition variable on the monotonic clock. All functions are for threads that hold its mutex.
public final class HostCondition: @unchecked Sendable {
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let mutex: HostMutex

    /// A condition of what `mutex` guards.
    public init(_ mutex: HostMutex) {
        self.mutex = mutex
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
    }

    /// Wakes one thread that waits.
    public func signal() { pthread_cond_signal(condition) }

    /// Wakes all threads that wait.
    public func broadcast() { pthread_cond_broadcast(condition) }

    /// Gives the mutex back and sleeps until woken (perhaps for no reason), or until the monotonic clock
    /// shows `deadline` nanoseconds. Holds the mutex again when it returns.
    /// - Returns: false when the deadline passed.
    @discardableResult
    public func wait(until deadline: UInt64? = nil) -> Bool {
        guard let deadline else {
            pthread_cond_wait(condition, mutex.mutex)
            return true
        }
        var time = timespec()
        time.tv_sec = Int(clamping: deadline / 1_000_000_000)
        time.tv_nsec = Int(deadline % 1_000_000_000)
        return pthread_cond_timedwait(condition, mutex.mutex, &time) != ETIMEDOUT
    }
}
