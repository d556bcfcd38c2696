// Work that other threads hand to one thread, which sleeps while there is none.
import Glibc
import Synchronization

/// A queue of closures into one thread. Looking whether it is empty costs one load.
public final class Mailbox: Sendable {
    /// Something to do on the receiving thread.
    public typealias Work = @Sendable () -> Void

    private let hasWork = Atomic<Bool>(false)
    private let condition = HostCondition()
    private let queue = Mutex<[Work]>([])

    /// An empty mailbox.
    public init() {}

    /// Hands over `work`, and wakes the receiver. Any thread may call it.
    public func post(_ work: @escaping Work) {
        queue.withLock { $0.append(work) }
        hasWork.store(true, ordering: .releasing)
        condition.signal()
    }

    /// Nothing was handed over since the last `drain`.
    public var isEmpty: Bool { !hasWork.load(ordering: .acquiring) }

    /// Does what was handed over, in order. For the receiving thread.
    public func drain() {
        hasWork.store(false, ordering: .sequentiallyConsistent)
        let work = queue.withLock { queue in
            let work = queue
            queue.removeAll()
            return work
        }
        for item in work { item() }
    }

    /// Sleeps until something is handed over, or the monotonic clock shows `deadline`.
    public func wait(until deadline: UInt64?) {
        condition.wait(until: deadline) { !isEmpty }
    }
}

/// A condition variable on the monotonic clock, which Swift's library does not have.
private final class HostCondition: @unchecked Sendable {
    // The two live at stable addresses for as long as this object, and are only used through the
    // functions below, which follow the rules of pthreads.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func signal() {
        pthread_mutex_lock(mutex)
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    func wait(until deadline: UInt64?, unless isReady: () -> Bool) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isReady() {
            guard let deadline else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            var time = timespec()
            time.tv_sec = Int(clamping: deadline / 1_000_000_000)
            time.tv_nsec = Int(deadline % 1_000_000_000)
            if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return }
        }
    }
}
