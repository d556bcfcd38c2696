// The local APIC of a CPU: takes interrupt messages and hands the CPU the most important one.
import MachineCore

/// A local APIC with xAPIC and x2APIC registers (Intel SDM volume 3, chapter 10).
public final class LocalAPIC: Snapshotting {
    /// Counts per virtual second of the timer before its divider: one for each nanosecond.
    public static let timerFrequency: UInt64 = 1_000_000_000
    static let localVectorCount = 6

    /// Bits of IA32_APIC_BASE (10.4.4).
    enum Base {
        static let isBootstrap: UInt64 = 0x100
        static let isExtended: UInt64 = 0x400
        static let isEnabled: UInt64 = 0x800
        static let address: UInt64 = 0x3fff_ffff_f000
        static let writable = isBootstrap | isExtended | isEnabled | address
    }

    /// Entries of the local vector table.
    enum LocalVector {
        static let timer = 0
        static let externalWire = 3
        static let nonmaskableWire = 4
        static let error = 5
        static let isMasked: UInt32 = 0x1_0000
    }

    /// The live things that a local APIC works with.
    public struct Resources {
        public let context: DeviceContext
        /// The number of its CPU.
        public let index: Int
        public let messages: InterruptMessageBus
        /// What the time stamp counter counts per virtual second.
        public let timestampFrequency: UInt64
        /// What the CPU's time stamp counter shows at virtual time 0.
        public let timestampOffset: () -> UInt64
        /// Takes the vector of an interrupt of the 8259s, as the CPU's acknowledge cycle does.
        public let acknowledgeExternal: () -> UInt8

        /// Connects a local APIC.
        public init(
            context: DeviceContext, index: Int, messages: InterruptMessageBus, timestampFrequency: UInt64,
            timestampOffset: @escaping () -> UInt64, acknowledgeExternal: @escaping () -> UInt8
        ) {
            self.context = context
            self.index = index
            self.messages = messages
            self.timestampFrequency = timestampFrequency
            self.timestampOffset = timestampOffset
            self.acknowledgeExternal = acknowledgeExternal
        }
    }

    public static let stateVersion: StateVersion = 1
    public internal(set) var state: State
    let resources: Resources
    /// The CPU that it belongs to.
    public weak var cpu: (any InterruptedCPU)?
    private(set) var timer: VirtualTimer?

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        try state.validate()
        self.resources = resources
        self.state = state
        timer = resources.context.timers.makeTimer { [unowned self] in timerExpired() }
        armTimer()
    }

    /// Returns to the power-on state.
    public func reset() {
        let isExternal = state.externalLine
        state = State(index: resources.index)
        state.externalLine = isExternal
        armTimer()
    }

    // MARK: What it is

    var isExtended: Bool { state.base & Base.isExtended != 0 }
    private var isGloballyEnabled: Bool { state.base & Base.isEnabled != 0 }
    /// Takes messages: switched on as a whole, and by software.
    var isEnabled: Bool { isGloballyEnabled && state.spurious & 0x100 != 0 }
    /// The number in messages.
    var identifier: UInt32 { isExtended ? UInt32(resources.index) : UInt32(state.identifier) }

    /// The logical number in x2APIC mode, which is made of the other (10.12.10.2).
    var logicalIdentifier: UInt32 {
        isExtended ? (identifier >> 4) << 16 | 1 << (identifier & 15) : state.logicalDestination
    }

    /// The message is (also) for this one (10.6.2).
    func isAddressed(by message: InterruptMessage) -> Bool {
        let destination = message.destination
        if destination == (isExtended ? .max : 0xff) || destination == 0xff && !message.isLogical { return true }
        guard message.isLogical else { return destination == identifier }
        if isExtended {
            let mine = logicalIdentifier
            return destination >> 16 == mine >> 16 && destination & mine & 0xffff != 0
        }
        let mine = state.logicalDestination >> 24
        if state.destinationFormat >> 28 == 0xf { return destination & mine & 0xff != 0 }
        return destination >> 4 & 15 == mine >> 4 && destination & mine & 15 != 0
    }

    /// PPR (10.8.3.1).
    var processorPriority: UInt8 {
        let service = state.inService.highest ?? 0
        return state.taskPriority >> 4 >= service >> 4 ? state.taskPriority : service & 0xf0
    }

    // MARK: Taking interrupts

    /// Takes a message that is for this CPU.
    func receive(_ message: InterruptMessage) {
        switch message.mode {
        case .fixed, .lowestPriority:
            guard isEnabled else { return }
            // Vectors 0 to 15 are errors (10.5.2).
            guard message.vector > 15 else { return noteError(0x40) }
            state.requested[message.vector] = true
            state.levelTriggered[message.vector] = message.isLevelTriggered
            cpu?.callForAttention()
        case .nonmaskable: cpu?.raiseNonmaskableInterrupt()
        case .initialize:
            let isExternal = state.externalLine
            let base = state.base
            let identifier = state.identifier
            state = State(index: resources.index)
            (state.base, state.identifier, state.externalLine) = (base, identifier, isExternal)
            armTimer()
            cpu?.initialize()
        case .startUp: cpu?.startUp(page: message.vector)
        case .external: cpu?.callForAttention()
        // There is no system management mode.
        case .systemManagement: break
        }
    }

    /// Notes an error, and tells of it when the table says so (10.5.3).
    func noteError(_ bit: UInt32) {
        guard state.newErrors & bit == 0 else { return }
        state.newErrors |= bit
        raise(LocalVector.error)
    }

    /// Raises the interrupt of an entry of the local vector table.
    func raise(_ entry: Int) {
        let vector = state.localVectors[entry]
        guard vector & LocalVector.isMasked == 0 else { return }
        let mode = InterruptMessage.Mode(rawValue: UInt8(vector >> 8 & 7)) ?? .fixed
        let isLevel = entry == LocalVector.externalWire && vector & 0x8000 != 0
        receive(
            InterruptMessage(
                destination: identifier, isLogical: false, mode: mode, vector: UInt8(vector & 0xff),
                isLevelTriggered: isLevel))
    }

    /// The vector that is more important than what the CPU does.
    private var pendingVector: UInt8? {
        guard isEnabled, let vector = state.requested.highest, vector >> 4 > processorPriority >> 4 else { return nil }
        return vector
    }

    /// The 8259s have an interrupt that reaches the CPU: through LINT0, or past an APIC that is off (10.1).
    private var hasExternal: Bool {
        guard state.externalLine else { return false }
        let entry = state.localVectors[LocalVector.externalWire]
        return !isGloballyEnabled || entry & LocalVector.isMasked == 0 && entry >> 8 & 7 == 7
    }

    /// Ends the interrupt that is served (10.8.5).
    func endInterrupt() {
        guard let vector = state.inService.highest else { return }
        state.inService[vector] = false
        if state.levelTriggered[vector] { resources.messages.interruptEnded(vector) }
        cpu?.callForAttention()
    }
}

extension LocalAPIC: InterruptSink {
    /// Input 0 is LINT0, the wire from the 8259s; input 1 is LINT1.
    public func setInput(_ input: Int, to level: Bool) {
        if input == 1 {
            if level { raise(LocalVector.nonmaskableWire) }
            return
        }
        let isNew = level && !state.externalLine
        state.externalLine = level
        guard isNew else { return }
        if state.localVectors[LocalVector.externalWire] >> 8 & 7 == 7 || !isGloballyEnabled {
            cpu?.callForAttention()
        } else {
            raise(LocalVector.externalWire)
        }
    }
}

extension LocalAPIC: LocalInterruptController {
    public var hasInterrupt: Bool { hasExternal || pendingVector != nil }

    public func acknowledgeInterrupt() -> UInt8? {
        if hasExternal { return resources.acknowledgeExternal() }
        guard let vector = pendingVector else { return nil }
        state.requested[vector] = false
        state.inService[vector] = true
        return vector
    }

    public var taskPriority: UInt8 {
        get { state.taskPriority >> 4 }
        set { state.taskPriority = newValue << 4 }
    }

    public var registerPage: GuestPhysicalAddress? {
        isGloballyEnabled && !isExtended ? state.base & Base.address : nil
    }
}
