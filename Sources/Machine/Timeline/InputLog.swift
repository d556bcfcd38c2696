// What came into a recorded machine from outside.

/// Everything that came from outside, with the moment at which the machine took it. Together with the state at the
/// beginning it determines the run.
struct InputLog {
    /// Something that came in.
    struct Event: Equatable {
        /// Instructions executed before.
        let instructions: UInt64
        /// The virtual time: an idle machine waits without instructions.
        let nanoseconds: UInt64
        let content: Content
    }

    /// What can come in.
    enum Content: Equatable {
        /// Bytes for the console.
        case console([UInt8])
        /// Text typed on the keyboard.
        case keys(String)
    }

    private(set) var events: [Event] = []
    /// How many of them the machine has taken; fewer than there are while it is in its past.
    private(set) var taken = 0

    /// The next event that a machine in its past will meet.
    var next: Event? { taken < events.count ? events[taken] : nil }

    mutating func append(_ event: Event) {
        events.append(event)
        taken = events.count
    }

    mutating func take() { taken += 1 }

    /// The machine went back to the moment at which it had taken `count` events.
    mutating func goBack(to count: Int) { taken = count }
}
