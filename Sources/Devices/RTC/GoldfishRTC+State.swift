// What a guest can see of the real-time clock.
import MachineCore

extension GoldfishRTC {
    /// All registers; the time is the machine's wall clock plus an offset. Every value is possible.
    public struct State: Codable, Equatable, Sendable {
        /// The clock's time less the machine's wall clock, in nanoseconds modulo 2^64.
        public var timeOffset: UInt64 = 0
        /// What TIME_HIGH reads: the high half at the last read of TIME_LOW.
        public var heldTimeHigh: UInt32 = 0
        /// The alarm in nanoseconds since 1970.
        public var alarm: UInt64 = 0
        /// The alarm waits for its time.
        public var alarmIsArmed = false
        /// The alarm may interrupt.
        public var interruptIsEnabled = false
        /// The alarm's time came, and the guest has not cleared that.
        public var interruptIsPending = false

        /// A clock that shows the machine's time, without an alarm.
        public init() {}
    }
}
