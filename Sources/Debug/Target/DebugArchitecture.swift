// The registers of a target, as data.

/// What a debugger has to know about the registers of a target's CPUs.
public struct DebugArchitecture: Equatable, Sendable {
    /// The description that debuggers ask for.
    public let description: TargetDescription
    /// The number of the program counter.
    public let programCounter: Int
    /// How many registers, by ascending number, are read and written all at once. Debuggers ask for
    /// the others one by one, when somebody wants to see them.
    public let generalCount: Int
    /// The numbers of the registers that each stop already tells, so that stepping need not ask.
    public let expedited: [Int]
    /// Debuggers for this architecture believe that a CPU stops before a watched access, and step over
    /// it themselves; so does gdb for RISC-V, Arm and MIPS, not for x86 (its sources:
    /// `set_gdbarch_have_nonsteppable_watchpoint`). Targets stop after the access all the same: the
    /// session answers that step without moving the machine.
    public let debuggersStepOverAccesses: Bool
    /// All registers by ascending number.
    let registers: [TargetDescription.Register]

    /// - Parameters:
    ///   - description: every register has a number of its own.
    ///   - programCounter: the number of the program counter.
    ///   - generalCount: how many registers, by ascending number, go together.
    ///   - expedited: numbers of registers that each stop tells; the program counter by default.
    ///   - debuggersStepOverAccesses: what the property says.
    public init(
        _ description: TargetDescription, programCounter: Int, generalCount: Int, expedited: [Int]? = nil,
        debuggersStepOverAccesses: Bool = false
    ) {
        self.description = description
        self.programCounter = programCounter
        registers = description.features.flatMap(\.registers).sorted { $0.number < $1.number }
        self.generalCount = min(max(0, generalCount), registers.count)
        self.expedited = expedited ?? [programCounter]
        self.debuggersStepOverAccesses = debuggersStepOverAccesses
    }

    /// The register of a number, nil when there is none.
    func register(_ number: UInt64) -> TargetDescription.Register? {
        registers.first { UInt64(exactly: $0.number) == number }
    }

    /// The registers that go together.
    var general: ArraySlice<TargetDescription.Register> { registers.prefix(generalCount) }
}
