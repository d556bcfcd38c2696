// The platform's time counter, which every hart shows as its `time` register.
import MachineCore

/// Counts virtual time in ticks. The offset belongs to the device that holds `mtime`, which a guest
/// may write; that device's state is where it is kept, and it is copied here when it changes.
public final class Timebase {
    /// Virtual nanoseconds for each tick.
    public let nanosecondsPerTick: UInt64
    /// What the counter shows beyond virtual time, in ticks modulo 2^64.
    public var offset: UInt64 = 0
    /// Virtual time.
    public let clock: VirtualClock

    /// A counter of `clock`.
    /// - Precondition: `nanosecondsPerTick` is not 0; it is a constant of a board.
    public init(clock: VirtualClock, nanosecondsPerTick: UInt64) {
        precondition(nanosecondsPerTick > 0)
        self.clock = clock
        self.nanosecondsPerTick = nanosecondsPerTick
    }

    /// Ticks per second.
    public var frequency: UInt64 { 1_000_000_000 / nanosecondsPerTick }

    /// The counter now.
    public var now: UInt64 { clock.now / nanosecondsPerTick &+ offset }

    /// Virtual nanoseconds at which the counter reaches `tick`, or nil when that is centuries away.
    func deadline(of tick: UInt64) -> UInt64? {
        let elapsed = clock.now / nanosecondsPerTick
        let current = elapsed &+ offset
        let remaining = tick > current ? tick - current : 0
        let (ticks, farAway) = elapsed.addingReportingOverflow(remaining)
        let (nanoseconds, overflow) = ticks.multipliedReportingOverflow(by: nanosecondsPerTick)
        return farAway || overflow ? nil : nanoseconds
    }
}
