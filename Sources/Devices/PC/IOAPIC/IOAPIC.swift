// The I/O APIC: turns the levels of wires into messages to local APICs.
import MachineCore

/// An I/O APIC with 24 inputs (Intel 82093AA data sheet 290566; the end-of-interrupt register is that of the ICH9 data
/// sheet 316972, section 12.5).
public final class IOAPIC: Device, InterruptSink, InterruptEndListener, Snapshotting {
    /// The size of the register window in bytes.
    public static let windowByteCount: UInt64 = 0x1000
    /// How many wires it has.
    public static let inputCount = 24

    /// All registers, and the levels of the wires.
    public struct State: Codable, Equatable, Sendable {
        /// The register that the window shows.
        public var selected: UInt8 = 0
        public var identifier: UInt8 = 0
        /// Redirection entries.
        public var entries: [UInt64] = Array(repeating: 0x1_0000, count: IOAPIC.inputCount)
        /// The levels of the inputs, a bit each.
        public var levels: UInt32 = 0

        /// An I/O APIC after power-on.
        public init() {}
    }

    /// Bits of a redirection entry (82093AA, 3.2.4).
    private enum Entry {
        static let isMasked: UInt64 = 1 << 16
        static let isLevelTriggered: UInt64 = 1 << 15
        /// A CPU has accepted the interrupt and not yet ended it.
        static let remoteRequest: UInt64 = 1 << 14
        static let isActiveLow: UInt64 = 1 << 13
        static let deliveryStatus: UInt64 = 1 << 12
        static let isLogical: UInt64 = 1 << 11
        static let writable: UInt64 = 0xff00_0000_0001_afff
    }

    private enum Register {
        static let select: UInt64 = 0
        static let window: UInt64 = 0x10
        static let endOfInterrupt: UInt64 = 0x40
    }

    public static let stateVersion: StateVersion = 1
    public private(set) var state: State
    private let messages: InterruptMessageBus

    public init(_ messages: InterruptMessageBus, restoring state: State) throws(StateError) {
        guard state.entries.count == Self.inputCount, state.levels >> UInt32(Self.inputCount) == 0 else {
            throw StateError(part: "I/O APIC", reason: "it has \(Self.inputCount) inputs")
        }
        self.messages = messages
        self.state = state
    }

    public func reset() {
        let levels = state.levels
        state = State()
        state.levels = levels
    }

    // MARK: Wires

    /// Levels are as wires of devices have them: true asks for an interrupt, whatever the polarity in the entry.
    public func setInput(_ input: Int, to level: Bool) {
        guard (0..<Self.inputCount).contains(input) else { return }
        let bit: UInt32 = 1 << UInt32(input)
        let wasHigh = state.levels & bit != 0
        state.levels = level ? state.levels | bit : state.levels & ~bit
        if level && !wasHigh || level && state.entries[input] & Entry.isLevelTriggered != 0 { serve(input) }
    }

    /// Sends the message of an input that asks for an interrupt.
    private func serve(_ input: Int) {
        let entry = state.entries[input]
        guard entry & Entry.isMasked == 0 else { return }
        let isLevel = entry & Entry.isLevelTriggered != 0
        // A level is sent again only after the CPU has ended the last one.
        if isLevel && entry & Entry.remoteRequest != 0 { return }
        guard let mode = InterruptMessage.Mode(rawValue: UInt8(entry >> 8 & 7)) else { return }
        let isTaken = messages.send(
            InterruptMessage(
                destination: UInt32(entry >> 56), isLogical: entry & Entry.isLogical != 0, mode: mode,
                vector: UInt8(entry & 0xff), isLevelTriggered: isLevel))
        if isLevel && isTaken && (mode == .fixed || mode == .lowestPriority) {
            state.entries[input] |= Entry.remoteRequest
        }
    }

    public func interruptEnded(_ vector: UInt8) {
        for input in 0..<Self.inputCount {
            let entry = state.entries[input]
            let isMeant = entry & Entry.remoteRequest != 0 && UInt8(entry & 0xff) == vector
            guard isMeant else { continue }
            state.entries[input] &= ~Entry.remoteRequest
            if state.levels >> UInt32(input) & 1 != 0 { serve(input) }
        }
    }

    // MARK: Registers

    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        switch offset {
        case Register.select: UInt64(state.selected)
        case Register.window: UInt64(selectedRegister)
        default: 0
        }
    }

    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        switch offset {
        case Register.select: state.selected = UInt8(truncatingIfNeeded: value)
        case Register.window: if width == .word { setSelectedRegister(UInt32(truncatingIfNeeded: value)) }
        case Register.endOfInterrupt: interruptEnded(UInt8(truncatingIfNeeded: value))
        default: break
        }
    }

    private var selectedRegister: UInt32 {
        switch state.selected {
        case 0, 2: return UInt32(state.identifier) << 24
        // Version 0x20, and the number of the last entry.
        case 1: return UInt32(Self.inputCount - 1) << 16 | 0x20
        default:
            guard let (input, isHigh) = selectedEntry else { return 0 }
            return UInt32(truncatingIfNeeded: state.entries[input] >> (isHigh ? 32 : 0))
        }
    }

    private var selectedEntry: (input: Int, isHigh: Bool)? {
        let number = Int(state.selected) - 0x10
        guard number >= 0, number < 2 * Self.inputCount else { return nil }
        return (number / 2, number % 2 == 1)
    }

    private func setSelectedRegister(_ value: UInt32) {
        if state.selected == 0 {
            state.identifier = UInt8(value >> 24 & 15)
            return
        }
        guard let (input, isHigh) = selectedEntry else { return }
        let old = state.entries[input]
        let new = isHigh
            ? old & 0xffff_ffff | UInt64(value) << 32
            : old & ~0xffff_ffff | UInt64(value)
        var entry = new & Entry.writable | old & Entry.remoteRequest
        // As edges, interrupts need no end.
        if entry & Entry.isLevelTriggered == 0 { entry &= ~Entry.remoteRequest }
        state.entries[input] = entry
        if entry & Entry.isLevelTriggered != 0 && state.levels >> UInt32(input) & 1 != 0 { serve(input) }
    }
}
