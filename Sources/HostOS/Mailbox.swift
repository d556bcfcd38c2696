// Work that other threads hand to one thread, which sleeps while there is none.
import Synchronization

/// A queue of closures into one thread. Looking whether it is empty costs one load.
public final class Mailbox: Sendable {
    /// Something to do on the receiving thread.
    public typealias Work = @Sendable () -> Void

    private let hasWork = Atomic<Bool>(false)
    private let mutex: HostMutex
    private let arrived: HostCondition
    private let queue = Mutex<[Work]>([])

    /// An empty mailbox.
    public init() {
        mutex = HostMutex()
        arrived = HostCondition(mutex)
    }

    /// Hands over `work`, and wakes the receiver. Any thread may call it.
    public func post(_ work: @escaping Work) {
        queue.withLock { $0.append(work) }
        wake()
    }

    /// Wakes the receiver, as if something had been handed over. Any thread may call it.
    public func wake() {
        hasWork.store(true, ordering: .releasing)
        mutex.withLock { arrived.signal() }
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
        mutex.withLock {
            while isEmpty {
                if !arrived.wait(until: deadline) { return }
            }
        }
    }
}
