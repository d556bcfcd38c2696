// A hart's state as plain data, for snapshots, hashes and comparisons.
import HostOS
import MachineCore

extension Hart {
    /// All guest-visible state of a hart. The names are those of `HartState` and the manual.
    public struct State: Codable, Equatable, Sendable {
        // The fields of `HartState`, whose comments hold here too.
        public var x: [UInt64]
        public var f: [UInt64]
        public var pc: UInt64
        public var privilege: Privilege
        public var waiting: Bool
        public var executed: UInt64
        public var reservationAddress: UInt64
        public var reservationValue: UInt64
        public var floatFlags: UInt8
        public var floatRounding: UInt8
        public var interruptLines: UInt64
        /// Control registers by name, in the order of `controlFields`.
        public var control: [UInt64]
        public var pmpConfiguration: [UInt8]
        public var pmpAddress: [UInt64]
    }

    /// The version of `State`.
    public static var stateVersion: StateVersion { 1 }

    /// Control registers that are saved as they are.
    fileprivate static let controlFields: [WritableKeyPath<HartState, UInt64> & Sendable] = [
        \.mstatus, \.interruptsPendingBySoftware, \.instretOffset, \.cycleOffset, \.mie, \.mideleg, \.medeleg,
        \.mtvec, \.mepc, \.mcause, \.mtval, \.mscratch, \.mcounteren, \.menvcfg, \.stvec, \.sepc, \.scause,
        \.stval, \.sscratch, \.scounteren, \.senvcfg, \.satp, \.stimecmp,
    ]

    /// The state now.
    public var savedState: State { State(state.pointee) }

    /// Takes over a saved state.
    /// - Throws: `StateError` when no hart can have that state; the hart is then unchanged.
    public func restore(_ saved: State) throws(StateError) {
        try Self.check(saved)
        var new = HartState()
        for register in 0..<32 {
            new.x[register] = saved.x[register]
            new.f[register] = saved.f[register]
        }
        new.pc = saved.pc
        new.privilege = saved.privilege.rawValue
        new.waiting = saved.waiting ? 1 : 0
        new.executed = saved.executed
        new.reservationAddress = saved.reservationAddress
        new.reservationValue = saved.reservationValue
        new.floatFlags = saved.floatFlags
        new.floatRounding = saved.floatRounding
        new.interruptLines = saved.interruptLines
        for (field, value) in zip(Self.controlFields, saved.control) { new[keyPath: field] = value }
        for entry in 0..<16 {
            new.pmpConfiguration[entry] = saved.pmpConfiguration[entry]
            new.pmpAddress[entry] = saved.pmpAddress[entry]
        }
        state.pointee = new
        stateWasReplaced()
    }

    private static func check(_ saved: State) throws(StateError) {
        func require(_ condition: Bool, _ reason: String) throws(StateError) {
            if !condition { throw StateError(part: "hart", reason: reason) }
        }
        try require(saved.x.count == 32 && saved.f.count == 32, "there are 32 registers of each kind")
        try require(saved.x[0] == 0, "register x0 is not zero")
        try require(saved.pc & 1 == 0, "the program counter is odd")
        try require(saved.floatFlags < 32 && saved.floatRounding < 8, "fcsr has undefined bits")
        try require(saved.control.count == controlFields.count, "control registers are missing")
        try require(
            saved.pmpConfiguration.count == 16 && saved.pmpAddress.count == 16, "there are 16 PMP entries")
        try require(saved.interruptLines & ~Interrupt.all == 0, "an interrupt wire does not exist")
        try checkControl(saved)
    }

    /// Control registers hold only what a write of the guest could have left there.
    private static func checkControl(_ saved: State) throws(StateError) {
        var new = HartState()
        for (field, value) in zip(controlFields, saved.control) { new[keyPath: field] = value }
        let mode = new.satp >> 60
        let status = MachineStatus.writable | MachineStatus.fixedUpperLengths
        let isLegal =
            new.mstatus & ~status == 0 && (new.mstatus & MachineStatus.mpp) >> MachineStatus.mppShift != 2
            && new.mie & ~Interrupt.all == 0 && new.mideleg & ~Interrupt.delegable == 0
            && new.medeleg & ~ExceptionCause.delegable == 0 && (mode == 0 || mode == 8)
            && (new.mepc | new.sepc) & 1 == 0 && (new.mtvec | new.stvec) & 2 == 0
            && new.interruptsPendingBySoftware & ~Interrupt.delegable == 0
        if !isLegal { throw StateError(part: "hart", reason: "a control register has an illegal value") }
    }
}

extension Hart.State {
    /// A hart at reset (Privileged ISA 3.4).
    public static var powerOn: Hart.State { Hart.State(HartState()) }

    fileprivate init(_ now: HartState) {
        x = (0..<32).map { now.x[$0] }
        f = (0..<32).map { now.f[$0] }
        pc = now.pc
        privilege = Privilege(rawValue: now.privilege) ?? .machine
        waiting = now.waiting != 0
        executed = now.executed
        reservationAddress = now.reservationAddress
        reservationValue = now.reservationValue
        floatFlags = now.floatFlags
        floatRounding = now.floatRounding
        interruptLines = now.interruptLines
        control = Hart.controlFields.map { now[keyPath: $0] }
        pmpConfiguration = (0..<16).map { now.pmpConfiguration[$0] }
        pmpAddress = (0..<16).map { now.pmpAddress[$0] }
    }
}
