// The timer of a local APIC (Intel SDM volume 3, 10.5.4).
import MachineCore

extension LocalAPIC {
    /// Periods are not served more often than this, in nanoseconds: a guest must not keep the host busy with a timer
    /// that it could never serve.
    private static var shortestPeriod: UInt64 { 10_000 }

    private var timerMode: UInt32 { state.localVectors[LocalVector.timer] >> 17 & 3 }
    var isDeadlineTimer: Bool { timerMode == 2 }
    private var isPeriodic: Bool { timerMode == 1 }

    /// Nanoseconds for each count: the divider is 2^(n+1), and 1 for n = 7.
    private var nanosecondsPerCount: UInt64 {
        let bits = UInt64(state.timerDivider & 3 | state.timerDivider >> 1 & 4)
        return bits == 7 ? 1 : 2 << bits
    }

    private var now: UInt64 { resources.context.clock.now }

    /// Counts since the timer was started.
    private var elapsedCounts: UInt64 { (now &- min(state.timerStart, now)) / nanosecondsPerCount }

    var timerCurrentCount: UInt32 {
        let count = UInt64(state.timerCount)
        guard count != 0, !isDeadlineTimer else { return 0 }
        if isPeriodic { return UInt32(count - elapsedCounts % count) }
        return elapsedCounts >= count ? 0 : UInt32(count - elapsedCounts)
    }

    func setTimerCount(_ value: UInt32) {
        guard !isDeadlineTimer else { return }
        state.timerCount = value
        state.timerStart = now
        armTimer()
    }

    func setTimerDivider(_ value: UInt32) {
        // The count goes on from where it is.
        let current = timerCurrentCount
        state.timerDivider = value & 0xb
        let done = UInt64(state.timerCount - min(current, state.timerCount)) &* nanosecondsPerCount
        state.timerStart = now &- min(done, now)
        armTimer()
    }

    func setTimestampDeadline(_ value: UInt64) {
        state.timestampDeadline = value
        armTimer()
    }

    /// Sets the timer for the next moment at which it fires.
    func armTimer() {
        guard let deadline = isDeadlineTimer ? timestampDeadline : countDeadline else {
            timer?.disarm()
            return
        }
        timer?.arm(at: deadline)
    }

    /// The virtual time at which the time stamp counter reaches the deadline.
    private var timestampDeadline: UInt64? {
        guard state.timestampDeadline != 0 else { return nil }
        let count = state.timestampDeadline &- resources.timestampOffset()
        // Behind the offset lies the past.
        guard Int64(bitPattern: count) > 0 else { return now }
        let product = count.multipliedFullWidth(by: 1_000_000_000)
        guard product.high < resources.timestampFrequency else { return nil }
        let (quotient, remainder) = resources.timestampFrequency.dividingFullWidth(product)
        return remainder == 0 ? quotient : quotient &+ 1
    }

    /// The virtual time at which the count reaches zero the next time.
    private var countDeadline: UInt64? {
        let count = UInt64(state.timerCount)
        guard count != 0 else { return nil }
        let elapsed = elapsedCounts
        if !isPeriodic {
            return elapsed >= count ? nil : state.timerStart &+ count &* nanosecondsPerCount
        }
        let next = state.timerStart &+ (elapsed / count &+ 1) &* count &* nanosecondsPerCount
        return max(next, now &+ min(Self.shortestPeriod, count &* nanosecondsPerCount &* 64))
    }

    func timerExpired() {
        if isDeadlineTimer {
            state.timestampDeadline = 0
        }
        raise(LocalVector.timer)
        if isPeriodic { armTimer() }
    }
}
