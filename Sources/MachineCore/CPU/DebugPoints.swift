// Breakpoints and watchpoints of a CPU, by virtual address.

/// What a CPU stops at. Addresses are virtual, in whatever address space the CPU is when it comes there.
public struct DebugPoints: Equatable, Sendable {
    /// Addresses of instructions before which the CPU stops.
    public var breakpoints: Set<UInt64> = []
    /// Ranges of data after whose access the CPU stops.
    public var watchpoints: [Watchpoint] = []

    /// No points.
    public init() {}

    /// There are none.
    public var isEmpty: Bool { breakpoints.isEmpty && watchpoints.isEmpty }

    /// An instruction that begins in the page at `page` has a breakpoint.
    public func breaks(inPage page: UInt64) -> Bool {
        !breakpoints.isEmpty && breakpoints.contains { $0 & ~0xfff == page }
    }

    /// The accesses that are watched somewhere in the page at `page`.
    public func watchedAccesses(inPage page: UInt64) -> Watchpoint.Accesses {
        watchpoints.reduce(into: []) { accesses, point in
            if point.first & ~0xfff <= page && page <= point.last & ~0xfff { accesses.formUnion(point.accesses) }
        }
    }

    /// The first watchpoint that an access of `count` bytes at `address` meets.
    public func watchpoint(at address: UInt64, count: UInt64, _ access: Watchpoint.Accesses) -> Watchpoint? {
        watchpoints.first { point in
            point.accesses.contains(access) && address <= point.last && point.first <= address &+ (count &- 1)
        }
    }
}

/// A range of data that is watched.
public struct Watchpoint: Hashable, Sendable {
    /// Kinds of access.
    public struct Accesses: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        /// Kinds by their bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Loads, and the reading part of atomic accesses.
        public static let read = Accesses(rawValue: 1)
        /// Stores, and the writing part of atomic accesses.
        public static let write = Accesses(rawValue: 2)
    }

    /// The first and the last address.
    public let first: UInt64
    public let last: UInt64
    /// What stops the CPU.
    public let accesses: Accesses

    /// A watchpoint of `count` bytes (at least 1) at `address`.
    public init(address: UInt64, count: UInt64, accesses: Accesses) {
        first = address
        let (sum, overflows) = address.addingReportingOverflow(max(count, 1) - 1)
        last = overflows ? .max : sum
        self.accesses = accesses
    }
}

/// Why a CPU stopped for a debugger.
public enum DebugStop: Equatable, Sendable {
    /// Before the instruction at this address.
    case breakpoint(UInt64)
    /// After the instruction that made an access at this address.
    case watchpoint(Watchpoint, address: UInt64)
}
