// Timers on virtual time. They are derived from device state: a restored device arms them again.

/// One timer of a device. Armed for at most one moment at a time.
public final class VirtualTimer {
    /// Virtual nanoseconds at which the timer fires, or nil when it is not armed.
    public private(set) var deadline: UInt64?
    fileprivate let handler: () -> Void
    private unowned let queue: TimerQueue

    fileprivate init(queue: TimerQueue, handler: @escaping () -> Void) {
        self.queue = queue
        self.handler = handler
    }

    /// Arms the timer for virtual time `deadline` (at once, if that is past), replacing an earlier one.
    public func arm(at deadline: UInt64) {
        self.deadline = deadline
        queue.deadlineMoved?()
    }

    /// Disarms the timer.
    public func disarm() { deadline = nil }
}

/// The timers of one machine. A machine has a handful, so a linear search beats any heap.
public final class TimerQueue {
    private var timers: [VirtualTimer] = []
    /// Called when a timer was armed: whoever runs CPUs may have to stop earlier than it planned.
    public var deadlineMoved: (() -> Void)?

    /// A queue without timers.
    public init() {}

    /// Makes a timer; `handler` runs on the runner thread, and should capture its device unowned.
    public func makeTimer(_ handler: @escaping () -> Void) -> VirtualTimer {
        let timer = VirtualTimer(queue: self, handler: handler)
        timers.append(timer)
        return timer
    }

    /// The earliest deadline of an armed timer, in virtual nanoseconds.
    public var nextDeadline: UInt64? {
        timers.lazy.compactMap(\.deadline).min()
    }

    /// Fires every timer whose deadline is at or before `now`, earliest first; equal deadlines fire
    /// in the order in which the timers were made, so that runs repeat.
    public func fire(until now: UInt64) {
        while let due = earliestDue(at: now) {
            due.disarm()
            due.handler()
        }
    }

    private func earliestDue(at now: UInt64) -> VirtualTimer? {
        var found: VirtualTimer?
        var foundDeadline = UInt64.max
        for timer in timers {
            guard let deadline = timer.deadline, deadline <= now else { continue }
            if found == nil || deadline < foundDeadline {
                found = timer
                foundDeadline = deadline
            }
        }
        return found
    }
}
