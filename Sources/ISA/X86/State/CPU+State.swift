// A CPU's state as plain data, for snapshots, hashes and comparisons.
import MachineCore

extension CPU {
    /// All guest-visible state of a CPU. The names are those of `CPUState`, whose comments hold here too.
    public struct State: Codable, Equatable, Sendable {
        public var registers: [UInt64]
        public var rip: UInt64
        public var flags: UInt64
        /// ES, CS, SS, DS, FS, GS, LDTR, TR.
        public var segments: [Segment]
        public var floatSignificands: [UInt64]
        public var floatExponents: [UInt16]
        public var vectors: [UInt64]
        public var upperVectors: [UInt64]
        public var mxcsr: UInt32
        /// Control, status, registers in use, opcode, and the selectors of instruction and operand.
        public var floatWords: [UInt16]
        public var floatInstruction: UInt64
        public var floatOperand: UInt64
        /// `waiting`, `interruptShadow`, `blocksNonmaskable`, `pendingEvents`, `startUpPage`.
        public var progress: [UInt8]
        /// Control and model-specific registers, in the order of `controlFields`.
        public var control: [UInt64]
        /// DR0 to DR3, DR6, DR7.
        public var debug: [UInt64]
        public var tableLimits: [UInt16]
        public var memoryTypes: [UInt64]
        public var executed: UInt64
    }

    /// The version of `State`.
    public static var stateVersion: StateVersion { 1 }

    fileprivate static let controlFields: [WritableKeyPath<CPUState, UInt64> & Sendable] = [
        \.cr0, \.cr2, \.cr3, \.cr4, \.xcr0, \.gdtBase, \.idtBase, \.efer, \.star, \.lstar, \.cstar, \.sfmask,
        \.kernelGSBase, \.sysenterCS, \.sysenterESP, \.sysenterEIP, \.tscAux, \.tscOffset, \.pat, \.miscEnable,
        \.speculationControl,
    ]

    fileprivate static let progressFields: [WritableKeyPath<CPUState, UInt8> & Sendable] = [
        \.waiting, \.interruptShadow, \.blocksNonmaskable, \.pendingEvents, \.startUpPage,
    ]

    fileprivate static let floatFields: [WritableKeyPath<CPUState, UInt16> & Sendable] = [
        \.floatControl, \.floatStatus, \.floatOpcode, \.floatInstructionSelector, \.floatOperandSelector,
    ]

    /// The state now.
    public var savedState: State { State(state.pointee) }

    /// Takes over a saved state.
    /// - Throws: `StateError` when no CPU can have that state; the CPU is then unchanged.
    public func restore(_ saved: State) throws(StateError) {
        try saved.check()
        state.pointee = saved.block()
        stateWasReplaced()
    }
}

extension CPU.State {
    /// A CPU at reset (Intel SDM volume 3, 9.1).
    public static var powerOn: CPU.State { CPU.State(CPUState()) }

    fileprivate init(_ now: CPUState) {
        registers = (0..<16).map { now.registers[$0] }
        rip = now.rip
        flags = now.statusFlags | now.systemFlags
        segments = (0..<8).map { now.segments[$0] }
        floatSignificands = (0..<8).map { now.floatSignificands[$0] }
        floatExponents = (0..<8).map { now.floatExponents[$0] }
        vectors = (0..<32).map { now.vectors[$0] }
        upperVectors = (0..<32).map { now.upperVectors[$0] }
        mxcsr = now.mxcsr
        floatWords = CPU.floatFields.map { now[keyPath: $0] } + [UInt16(now.floatInUse)]
        floatInstruction = now.floatInstruction
        floatOperand = now.floatOperand
        progress = CPU.progressFields.map { now[keyPath: $0] }
        control = CPU.controlFields.map { now[keyPath: $0] }
        debug = (0..<6).map { now.debug[$0] }
        tableLimits = [now.gdtLimit, now.idtLimit]
        memoryTypes = (0..<28).map { now.memoryTypes[$0] }
        executed = now.executed
    }

    /// The state block; the state has been checked.
    fileprivate func block() -> CPUState {
        var new = CPUState()
        for number in 0..<16 { new.registers[number] = registers[number] }
        new.rip = rip
        new.statusFlags = flags & RFlags.status
        new.systemFlags = flags & ~RFlags.status
        for number in 0..<8 {
            new.segments[number] = segments[number]
            new.floatSignificands[number] = floatSignificands[number]
            new.floatExponents[number] = floatExponents[number]
        }
        for number in 0..<32 {
            new.vectors[number] = vectors[number]
            new.upperVectors[number] = upperVectors[number]
        }
        new.mxcsr = mxcsr
        for (field, value) in zip(CPU.floatFields, floatWords) { new[keyPath: field] = value }
        new.floatInUse = UInt8(floatWords[CPU.floatFields.count])
        new.floatInstruction = floatInstruction
        new.floatOperand = floatOperand
        for (field, value) in zip(CPU.progressFields, progress) { new[keyPath: field] = value }
        for (field, value) in zip(CPU.controlFields, control) { new[keyPath: field] = value }
        for number in 0..<6 { new.debug[number] = debug[number] }
        (new.gdtLimit, new.idtLimit) = (tableLimits[0], tableLimits[1])
        for number in 0..<28 { new.memoryTypes[number] = memoryTypes[number] }
        new.executed = executed
        return new
    }

    /// Only what a write of the guest could have left is accepted.
    fileprivate func check() throws(StateError) {
        func require(_ condition: Bool, _ reason: String) throws(StateError) {
            if !condition { throw StateError(part: "cpu", reason: reason) }
        }
        try require(registers.count == 16 && segments.count == 8, "there are 16 registers and 8 segments")
        try require(
            floatSignificands.count == 8 && floatExponents.count == 8 && floatWords.count == CPU.floatFields.count + 1
                && floatWords.last.map { $0 < 256 } == true, "the x87 state has a wrong size")
        try require(vectors.count == 32 && upperVectors.count == 32, "there are 16 vector registers")
        try require(progress.count == CPU.progressFields.count && progress[0] <= 3, "the progress is unknown")
        try require(control.count == CPU.controlFields.count && debug.count == 6, "control registers are missing")
        try require(tableLimits.count == 2 && memoryTypes.count == 28, "table limits or memory types are missing")
        try require(flags & ~RFlags.all == 0 && flags & RFlags.alwaysSet != 0, "RFLAGS has undefined bits")
        try require(mxcsr & ~0xffff == 0, "MXCSR has undefined bits")
        try require(segments.allSatisfy { $0.attributes & 0x0f00 == 0 }, "a segment has undefined attributes")
        let new = block()
        let isLong = new.efer & EFER.longModeActive != 0
        let hasLongMode = new.efer & EFER.longModeEnable != 0 && new.cr0 & CR0.paging != 0
        try require(
            new.cr0 & ~CR0.writable & ~CR0.extensionType == 0 && new.cr4 & ~CR4.writable == 0
                && new.efer & ~(EFER.writable | EFER.longModeActive) == 0 && isLong == hasLongMode
                && (new.cr0 & CR0.paging == 0 || new.cr0 & CR0.protection != 0)
                && new.xcr0 & ~CPU.extendedStates == 0 && new.xcr0 & 1 != 0,
            "a control register has an illegal value")
    }
}
