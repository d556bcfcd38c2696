// A value that one thread waits for and another one gives.

/// An answer, given once.
public final class Answer<Value: Sendable>: @unchecked Sendable {
    private let mutex = HostMutex()
    private let given: HostCondition
    private var value: Value?

    /// An answer that is not there yet.
    public init() { given = HostCondition(mutex) }

    /// Gives the answer; later ones do not count.
    public func give(_ value: Value) {
        mutex.withLock {
            if self.value == nil { self.value = value }
            given.broadcast()
        }
    }

    /// Sleeps until the answer is there.
    public func wait() -> Value {
        mutex.lock()
        defer { mutex.unlock() }
        while true {
            if let value { return value }
            given.wait()
        }
    }
}
