// The machine's only clock: it follows either the host or the number of retired instructions.

/// How virtual time advances.
public enum ClockMode: Equatable, Sendable, Codable {
    /// Follows the host's monotonic clock while the machine runs.
    case freeRunning
    /// A pure function of retired instructions: each takes this many nanoseconds (1 to 1000).
    case deterministic(nanosecondsPerInstruction: UInt64)
}

/// Virtual time in nanoseconds since the machine was powered on.
public final class VirtualClock {
    /// The guest-visible part of the clock.
    public struct State: Codable, Equatable, Sendable {
        /// How time advances.
        public var mode: ClockMode
        /// Virtual nanoseconds at the last point where the clock was settled.
        public var nanoseconds: UInt64
        /// Nanoseconds from 1970-01-01 UTC to virtual time 0.
        public var epochOffset: UInt64

        /// A clock at virtual time 0.
        public init(mode: ClockMode, epochOffset: UInt64) {
            self.mode = mode
            nanoseconds = 0
            self.epochOffset = epochOffset
        }
    }

    /// Instructions retired since the clock was settled; told by whoever runs a CPU before anything that
    /// may look at the time. Kept in deterministic mode only: in the other, several threads run CPUs.
    public var instructionsSinceSettled: UInt64 {
        get { instructionCount }
        set { if countsInstructions { instructionCount = newValue } }
    }

    private var instructionCount: UInt64 = 0
    private let countsInstructions: Bool

    private var settled: State
    private let hostNanoseconds: () -> UInt64
    private var hostReference: UInt64
    private var isPaused: Bool

    /// - Parameters:
    ///   - state: where time starts.
    ///   - isPaused: time stands still until `resumeAfterPause`.
    ///   - hostNanoseconds: the host's monotonic clock; never called in deterministic mode.
    public init(state: State, isPaused: Bool = false, hostNanoseconds: @escaping () -> UInt64) {
        self.isPaused = isPaused
        settled = state
        self.hostNanoseconds = hostNanoseconds
        hostReference = 0
        countsInstructions = state.mode != .freeRunning
        if state.mode == .freeRunning { hostReference = hostNanoseconds() }
    }

    /// How time advances.
    public var mode: ClockMode { settled.mode }

    /// Virtual nanoseconds since power-on. Never decreases.
    public var now: UInt64 {
        switch settled.mode {
        case .freeRunning:
            return isPaused ? settled.nanoseconds : settled.nanoseconds &+ (hostNanoseconds() &- hostReference)
        case .deterministic(let nanosecondsPerInstruction):
            return settled.nanoseconds &+ instructionCount &* nanosecondsPerInstruction
        }
    }

    /// Nanoseconds since 1970-01-01 UTC, as the guest's real-time clock shows them.
    public var wallClock: UInt64 { settled.epochOffset &+ now }

    /// The clock's state at this moment.
    public var state: State {
        var state = settled
        state.nanoseconds = now
        return state
    }

    /// Folds the progress since the last call into the state. Not while other threads run CPUs.
    public func settle() {
        let time = now
        settled.nanoseconds = time
        instructionCount = 0
        if settled.mode == .freeRunning { hostReference = hostNanoseconds() }
    }

    /// Moves virtual time forward to `time`: an idle machine in deterministic mode skips to its
    /// next event. Does nothing when `time` is past.
    public func skip(to time: UInt64) {
        settle()
        settled.nanoseconds = max(settled.nanoseconds, time)
    }

    /// Time stands still from now on, until `resumeAfterPause`. Not while other threads run CPUs.
    public func pause() {
        settle()
        isPaused = true
    }

    /// Continues after a pause of the machine: the host time that went by does not count.
    public func resumeAfterPause() {
        isPaused = false
        if settled.mode == .freeRunning { hostReference = hostNanoseconds() }
    }
}
