// A RISC-V hart: its state, its caches, and what it is connected to.
import HostOS
import MachineCore

/// What a hart is connected to.
public struct HartEnvironment {
    /// RAM.
    public let memory: GuestMemory
    /// Everything else that has a physical address.
    public let bus: Bus
    /// What the `time` register shows.
    public let timebase: Timebase
    /// Calls from supervisor mode are served outside the guest instead of trapping to machine mode.
    public let servesSupervisorCalls: Bool
    /// The lock of a machine whose harts run on threads of their own; nil where they take turns on one.
    public let lock: MachineLock?

    /// Collects a hart's connections.
    public init(
        memory: GuestMemory, bus: Bus, timebase: Timebase, servesSupervisorCalls: Bool, lock: MachineLock? = nil
    ) {
        self.memory = memory
        self.bus = bus
        self.timebase = timebase
        self.servesSupervisorCalls = servesSupervisorCalls
        self.lock = lock
    }
}

/// What a running hart needs at hand and can be made again from its state.
struct HartRuntime: BitwiseCopyable {
    /// The virtual page that instructions were last fetched from, and its bias.
    var fetchPage: UInt64 = TranslationEntry.invalidTag
    var fetchBias: UInt64 = 0
    /// The machine outside wants the CPU to stop at the next instruction.
    var exitRequested = false
    /// Why the run loop must end after the current instruction, or instead of it.
    var pendingExit: Exit?
    /// Other harts run at the same time.
    var isShared = false
    /// Cause and value of the exception that is being thrown.
    var trapCause: UInt64 = 0
    var trapValue: UInt64 = 0
}

/// A RISC-V hart (RV64IMAFDC with the extensions in `Hart.isaExtensions`).
public final class Hart: VirtualCPU {
    /// The hart's number, as in mhartid.
    public let index: Int
    /// The guest-visible state; valid as long as the hart.
    public let state: UnsafeMutablePointer<HartState>
    /// What the hart is connected to.
    public let environment: HartEnvironment

    let runtime: UnsafeMutablePointer<HartRuntime>
    /// Directly below the state; see `ExecutionContext`.
    let context: UnsafeMutablePointer<ExecutionContext>
    private let block: UnsafeMutableRawPointer
    let decodeCache: UnsafeMutablePointer<Instruction>
    static let decodeCacheBits: UInt32 = 13
    var translations: TranslationCache
    var translator = RISCVTranslator()
    /// Which sets the current privilege uses.
    var dataKey = TranslationKey.none
    var dataSetIndex = 0
    var fetchSetIndex = 0
    var fetchKey = TranslationKey.none
    /// Supervisor mode has only seen global mappings, so that its TLB sets serve all address spaces.
    var supervisorIsGlobal = true
    /// What a debugger has set.
    var debugging = CPUDebugging()

    /// A hart at reset.
    /// - Throws: `HostError` when the host has no memory for its tables.
    public init(index: Int, environment: HartEnvironment) throws(HostError) {
        self.index = index
        self.environment = environment
        translations = try TranslationCache()
        let contextByteCount = MemoryLayout<ExecutionContext>.stride
        block = .allocate(byteCount: contextByteCount + MemoryLayout<HartState>.size, alignment: 64)
        context = block.bindMemory(to: ExecutionContext.self, capacity: 1)
        context.initialize(
            to: ExecutionContext(dataSet: translations.entries(of: 0), jumpCache: translations.jumps(of: 0)))
        state = (block + contextByteCount).bindMemory(to: HartState.self, capacity: 1)
        state.initialize(to: HartState())
        runtime = .allocate(capacity: 1)
        runtime.initialize(to: HartRuntime())
        runtime.pointee.isShared = environment.lock != nil
        let cacheCount = 1 << Int(Self.decodeCacheBits)
        decodeCache = .allocate(capacity: cacheCount)
        // The record of bits 0 is right wherever it stands, so no entry is ever wrong.
        decodeCache.initialize(repeating: Instruction(decoding: 0), count: cacheCount)
        selectTranslationSets()
    }

    deinit {
        block.deallocate()
        runtime.deallocate()
        decodeCache.deallocate()
    }

    /// The extensions, as the device tree names them.
    public static let isaExtensions = [
        "i", "m", "a", "f", "d", "c", "zicboz", "zicntr", "zicsr", "zifencei", "zba", "zbb", "zbs", "sstc",
    ]

    public var executedInstructions: UInt64 { state.pointee.executed }
    public var isWaiting: Bool { state.pointee.waiting != 0 && !hasPendingInterrupt }

    /// Stops the hart before its next instruction; `interpret` then returns `.attention`. Where harts have
    /// threads of their own, the caller holds the machine's lock, and a hart that runs stops soon.
    public func requestExit() {
        stopSoon()
        environment.lock?.wake(index)
    }

    /// As `requestExit`, for the hart's own thread.
    func stopSoon() {
        runtime.pointee.exitRequested = true
        callForAttention()
    }

    /// Lets the hart look at its interrupts, and at requests, as soon as it can. Any thread may call it.
    public func callForAttention() { SharedWord.raise(attentionFlag) }

    /// Where the flag is, for other threads.
    var attentionFlag: UnsafeMutablePointer<Bool> {
        withUnsafeMutablePointer(to: &context.pointee.attention) { $0 }
    }

    /// Puts the hart into the reset state (Privileged ISA 3.4) with nothing cached.
    public func reset() {
        supervisorIsGlobal = true
        let executed = state.pointee.executed
        state.pointee = HartState()
        state.pointee.executed = executed
        stateWasReplaced()
    }

    /// Forgets everything that was derived from the state.
    public func stateWasReplaced() {
        translations.flushAll()
        selectTranslationSets()
        context.pointee.attention = true
    }

    /// Chooses the TLB sets for the current privilege, address space and status.
    func selectTranslationSets() {
        let status = state.pointee.mstatus
        let privilege = state.pointee.privilege
        let modified = status & MachineStatus.mprv != 0
        let dataPrivilege = modified ? UInt8((status & MachineStatus.mpp) >> MachineStatus.mppShift) : privilege
        dataKey = key(
            privilege: dataPrivilege, sum: status & MachineStatus.sum != 0, mxr: status & MachineStatus.mxr != 0)
        fetchKey = key(privilege: privilege, sum: false, mxr: false)
        (dataSetIndex, fetchSetIndex) = translations.sets(for: dataKey, fetchKey)
        context.pointee.dataSet = translations.entries(of: dataSetIndex)
        context.pointee.jumpCache = translations.jumps(of: fetchSetIndex)
        runtime.pointee.fetchPage = TranslationEntry.invalidTag
    }

    private func key(privilege: UInt8, sum: Bool, mxr: Bool) -> TranslationKey {
        let satp = privilege == 3 || state.pointee.satp >> 60 == 0 ? 0 : state.pointee.satp
        if satp == 0 { return TranslationKey(satp: 0, privilege: privilege, sum: false, mxr: false) }
        // Without SUM a supervisor reaches its own pages only.
        let isGlobal = privilege == 1 && !sum && supervisorIsGlobal
        return TranslationKey(
            satp: isGlobal ? TranslationKey.globalSpace : satp, privilege: privilege,
            sum: privilege == 1 && sum, mxr: mxr)
    }
}
