// What a trace shows.

/// What is traced, and how much of it.
public struct TraceOptions: Equatable, Sendable {
    /// Kinds of lines.
    public struct Kinds: OptionSet, Sendable {
        public let rawValue: UInt8
        /// Kinds by their bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Every instruction with its effects on registers and memory.
        public static let instructions = Kinds(rawValue: 1)
        /// Every access to data, with its value.
        public static let memory = Kinds(rawValue: 2)
        /// Every access to a device.
        public static let devices = Kinds(rawValue: 4)
        /// Every exception and interrupt.
        public static let traps = Kinds(rawValue: 8)

        /// What only an interpreted machine can tell.
        var needsSteps: Bool { !isDisjoint(with: [.instructions, .memory]) }
    }

    /// What is shown.
    public var kinds: Kinds
    /// Only these addresses are: virtual ones of instructions, of data for `.memory`; physical ones for `.devices`.
    /// All if there are none.
    public var ranges: [ClosedRange<UInt64>]
    /// The trace ends after so many lines.
    public var lineLimit: UInt64

    /// A trace of `kinds`.
    public init(_ kinds: Kinds, ranges: [ClosedRange<UInt64>] = [], lineLimit: UInt64 = .max) {
        self.kinds = kinds
        self.ranges = ranges
        self.lineLimit = lineLimit
    }

    func includes(_ address: UInt64) -> Bool { ranges.isEmpty || ranges.contains { $0.contains(address) } }
}
