// The host's clocks, for the machine layer only: devices see virtual time.
import Glibc

/// Reads the host's clocks.
public enum HostClock {
    /// Nanoseconds of a clock that never goes back; its zero is arbitrary.
    public static func monotonicNanoseconds() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// Nanoseconds since 1970-01-01 UTC.
    public static func wallNanoseconds() -> UInt64 { read(CLOCK_REALTIME) }

    /// Suspends the calling thread for about `nanoseconds`.
    public static func sleep(nanoseconds: UInt64) {
        var duration = timespec()
        duration.tv_sec = Int(clamping: nanoseconds / 1_000_000_000)
        duration.tv_nsec = Int(nanoseconds % 1_000_000_000)
        nanosleep(&duration, nil)
    }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
