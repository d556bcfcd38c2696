// An x86-64 CPU: its state, its caches, and what it is connected to.
import HostOS
import MachineCore

/// What a CPU is connected to.
public struct CPUEnvironment {
    /// RAM.
    public let memory: GuestMemory
    /// Everything else that has a physical address.
    public let bus: Bus
    /// The address space of ports, 0 to 0xffff.
    public let ports: Bus
    /// Virtual time.
    public let clock: VirtualClock
    /// What the time stamp counter counts per virtual second; at most 2^32 - 1.
    public let timestampFrequency: UInt64
    /// How many CPUs the machine has.
    public let cpuCount: Int
    /// Where random numbers come from; without it the CPU has no `rdrand`.
    public let entropy: (any EntropySource)?

    /// Collects a CPU's connections.
    public init(
        memory: GuestMemory, bus: Bus, ports: Bus, clock: VirtualClock, timestampFrequency: UInt64, cpuCount: Int = 1,
        entropy: (any EntropySource)? = nil
    ) {
        self.cpuCount = cpuCount
        self.entropy = entropy
        self.memory = memory
        self.bus = bus
        self.ports = ports
        self.clock = clock
        self.timestampFrequency = timestampFrequency
    }
}

/// What instructions mean beside their bytes; derived from the state.
struct CPUMode: BitwiseCopyable, Equatable {
    var codeSize = CodeSize.bits16
    /// The size of the stack pointer in bytes.
    var stackWidth: UInt8 = 2
    var isFlat = false
    /// The current privilege level, 0 to 3.
    var privilege: UInt8 = 0

    /// All that decoding depends on, as one number.
    var key: UInt64 { UInt64(codeSize.rawValue) | UInt64(stackWidth) << 8 | (isFlat ? 1 << 16 : 0) }
}

/// What a running CPU needs at hand and can be made again from its state.
struct CPURuntime: BitwiseCopyable {
    /// The offset of the instruction behind the current one, for helpers that keep it.
    var next: UInt64 = 0
    var mode = CPUMode()
    /// The base of the code segment, 0 in 64-bit code.
    var codeBase: UInt64 = 0
    /// The bits of RIP that count.
    var codeMask: UInt64 = .max
    /// The linear page that instructions were last fetched from, and its bias.
    var fetchPage: UInt64 = TranslationEntry.invalidTag
    var fetchBias: UInt64 = 0
    /// The machine outside wants the CPU to stop at the next instruction.
    var exitRequested = false
    /// Why the run loop must end after the current instruction, or instead of it.
    var pendingExit: Exit?
    /// The exception that is being thrown: as raised, its value, and for a page fault the address.
    var faultCause: UInt64 = 0
    var faultValue: UInt64 = 0
    var faultAddress: UInt64 = 0
    /// Handlers that were entered for exceptions and interrupts.
    var exceptionCount: UInt64 = 0
    /// Instructions executed when the clock was last told of them.
    var settledExecuted: UInt64 = 0
}

/// An x86-64 CPU.
public final class CPU: VirtualCPU {
    /// The CPU's number.
    public let index: Int
    /// The guest-visible state; valid as long as the CPU.
    public let state: UnsafeMutablePointer<CPUState>
    /// What the CPU is connected to.
    public let environment: CPUEnvironment
    /// What asks for interrupts; nil while nothing does.
    public weak var interruptController: (any LocalInterruptController)?
    /// Called when the CPU shuts down, which on a PC leads to a reset.
    public var onShutdown: (() -> Void)?

    let runtime: UnsafeMutablePointer<CPURuntime>
    /// Directly below the state; see `ExecutionContext`.
    let context: UnsafeMutablePointer<ExecutionContext>
    private let block: UnsafeMutableRawPointer
    let decodeCache: UnsafeMutablePointer<DecodedRecord>
    static let decodeCacheCount = 4096
    /// The top bits of a hash of 64 bits choose the line.
    static let decodeCacheShift: UInt64 = 64 - 12
    var translations: TranslationCache
    var translator = X86Translator()
    var dataSetIndex = 0
    var fetchSetIndex = 0
    var debugging = CPUDebugging()
    /// The same for what the guest has set in its debug registers.
    var guestPoints = DebugPoints()
    /// Somebody wants to see instructions or accesses: asked at every TLB miss.
    var hasPoints = false

    /// A CPU at reset.
    /// - Throws: `HostError` when the host has no memory for its tables.
    public init(index: Int, environment: CPUEnvironment) throws(HostError) {
        self.index = index
        self.environment = environment
        translations = try TranslationCache()
        let contextByteCount = MemoryLayout<ExecutionContext>.stride
        block = .allocate(byteCount: contextByteCount + MemoryLayout<CPUState>.size, alignment: 64)
        context = block.bindMemory(to: ExecutionContext.self, capacity: 1)
        context.initialize(
            to: ExecutionContext(dataSet: translations.entries(of: 0), jumpCache: translations.jumps(of: 0)))
        state = (block + contextByteCount).bindMemory(to: CPUState.self, capacity: 1)
        state.initialize(to: CPUState())
        runtime = .allocate(capacity: 1)
        runtime.initialize(to: CPURuntime())
        decodeCache = .allocate(capacity: Self.decodeCacheCount)
        decodeCache.initialize(repeating: DecodedRecord(), count: Self.decodeCacheCount)
        stateWasReplaced()
    }

    deinit {
        block.deallocate()
        runtime.deallocate()
        decodeCache.deallocate()
    }

    public var executedInstructions: UInt64 { state.pointee.executed }
    public var nextDeadline: UInt64? { nil }

    /// Stops the CPU before its next instruction; `interpret` then returns `.attention`.
    public func requestExit() {
        runtime.pointee.exitRequested = true
        callForAttention()
    }

    /// Lets the CPU look at its interrupts, and at requests, as soon as it can. Any thread may call it.
    public func callForAttention() {
        SharedWord.raise(withUnsafeMutablePointer(to: &context.pointee.attention) { $0 })
    }

    /// Puts the CPU into the reset state.
    public func reset() {
        let executed = state.pointee.executed
        state.pointee = CPUState()
        state.pointee.executed = executed
        stateWasReplaced()
    }

    /// Makes everything again that is derived from the state.
    public func stateWasReplaced() {
        translations.flushAll()
        for number in 0..<6 { deriveBounds(number) }
        deriveGuestPoints()
        runtime.pointee.settledExecuted = state.pointee.executed
        modeWasChanged()
        context.pointee.attention = true
    }

    // MARK: Modes

    var isProtected: Bool { state.pointee.cr0 & CR0.protection != 0 }
    var isLongMode: Bool { state.pointee.efer & EFER.longModeActive != 0 }
    var isVirtual8086: Bool { state.pointee.systemFlags & RFlags.virtual8086 != 0 }
    /// Segments are made of selectors as in real mode.
    var hasRealSegments: Bool { !isProtected || isVirtual8086 }

    /// Derives how instructions are read and which TLB sets are used, after a change of mode, privilege,
    /// code or stack segment, or paging.
    func modeWasChanged() {
        let code = state.pointee.segments[SegmentRegister.cs]
        let stack = state.pointee.segments[SegmentRegister.ss]
        var mode = CPUMode()
        mode.privilege = !isProtected ? 0 : isVirtual8086 ? 3 : stack.privilege
        if isLongMode && code.isLong {
            mode.codeSize = .bits64
            mode.stackWidth = 8
        } else {
            mode.codeSize = code.isBig && !hasRealSegments ? .bits32 : .bits16
            mode.stackWidth = stack.isBig ? 4 : 2
            if !hasRealSegments || code.isBig { mode.codeSize = code.isBig ? .bits32 : .bits16 }
        }
        let segments = state.pointee.segments
        mode.isFlat = isProtected && segments[0].isFlat && stack.isFlat && segments[3].isFlat && code.base == 0
            && code.limit == .max && code.isReadable
        runtime.pointee.mode = mode
        runtime.pointee.codeBase = mode.codeSize == .bits64 ? 0 : code.base
        runtime.pointee.codeMask = mode.codeSize == .bits64 ? .max : 0xffff_ffff
        selectTranslationSets()
    }

    /// Chooses the TLB sets for the current address space, privilege and access rights.
    func selectTranslationSets() {
        let pages = state.pointee.cr0 & CR0.paging != 0
        let space = pages ? state.pointee.cr3 & ~0x8000_0000_0000_0000 | 1 << 63 : 0
        let isUser = pages && runtime.pointee.mode.privilege == 3
        let blocksUser = pages && !isUser && state.pointee.cr4 & CR4.accessPrevention != 0
            && state.pointee.systemFlags & RFlags.alignmentCheck == 0
        let data = TranslationKey(space: space, isUser: isUser, blocksUserData: blocksUser)
        let fetch = TranslationKey(space: space, isUser: isUser, blocksUserData: false)
        (dataSetIndex, fetchSetIndex) = translations.sets(for: data, fetch)
        context.pointee.dataSet = translations.entries(of: dataSetIndex)
        context.pointee.jumpCache = translations.jumps(of: fetchSetIndex)
        runtime.pointee.fetchPage = TranslationEntry.invalidTag
    }

    func deriveBounds(_ number: Int) {
        state.pointee.bounds[number] = SegmentBounds(
            state.pointee.segments[number], checksRights: !hasRealSegments)
    }

    /// Tells the clock of the instructions executed since it was told last.
    func settleTime() {
        let executed = state.pointee.executed
        environment.clock.instructionsSinceSettled &+= executed &- runtime.pointee.settledExecuted
        runtime.pointee.settledExecuted = executed
    }

    /// Notes an exception of the current instruction.
    func fault(_ cause: UInt64, _ value: UInt64 = 0) -> FaultTaken {
        runtime.pointee.faultCause = cause
        runtime.pointee.faultValue = value
        return FaultTaken()
    }
}
