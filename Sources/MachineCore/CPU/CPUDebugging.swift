// What debuggers and probes have set in a CPU: asked on slow paths only.

/// What debuggers and probes want to know of a CPU, and what came of it.
public struct CPUDebugging {
    /// Where the CPU stops.
    public var points = DebugPoints() { didSet { update() } }
    /// Told of what the CPU does.
    public private(set) weak var probe: (any CPUProbe)?
    /// What it is told of.
    public private(set) var probedEvents: ProbedEvents = []
    /// There are points, or accesses are probed. Asked on slow paths only: what that concerns takes them.
    public private(set) var isActive = false
    /// What the CPU stopped at last.
    public var stop: DebugStop?
    /// The breakpoint that the next instruction does not stop at.
    public var passed: UInt64?

    /// No points and no probe.
    public init() {}

    /// Tells `probe` of `events` from now on.
    public mutating func setProbe(_ probe: (any CPUProbe)?, for events: ProbedEvents) {
        self.probe = probe
        probedEvents = probe == nil ? [] : events
        update()
    }

    private mutating func update() { isActive = !points.isEmpty || probedEvents.contains(.accesses) }

    /// Data at `address` is in a page that is watched, so that only the interpreter may access it.
    @inlinable @inline(__always)
    public func watches(_ address: UInt64) -> Bool { !watchedAccesses(inPage: address & ~0xfff).isEmpty }

    /// As `DebugPoints`, at no cost while there are no points: every TLB miss asks.
    @inlinable @inline(__always)
    public func watchedAccesses(inPage page: UInt64) -> Watchpoint.Accesses {
        guard isActive else { return [] }
        return probedEvents.contains(.accesses) ? [.read, .write] : points.watchedAccesses(inPage: page)
    }

    /// An instruction in the page has a breakpoint.
    @inlinable @inline(__always)
    public func breaks(inPage page: UInt64) -> Bool { isActive && points.breaks(inPage: page) }
}
