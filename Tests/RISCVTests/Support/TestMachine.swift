// A hart with RAM and a clock, and shorthands to make it do things and to look at what it did.
import MachineCore
@testable import RISCV

/// What an instruction led to.
enum Outcome: Equatable, CustomStringConvertible {
    /// It completed; for loads, the value.
    case value(UInt64)
    case trap(cause: UInt64, value: UInt64)

    static let done = Outcome.value(0)

    var description: String {
        switch self {
        case .value(let value): "value 0x\(String(value, radix: 16))"
        case .trap(let cause, let value): "trap \(cause) with 0x\(String(value, radix: 16))"
        }
    }
}

/// What the tests of memory, traps and registers run on: one hart and its RAM.
final class TestMachine {
    let memory: GuestMemory
    let bus = Bus()
    let hart: Hart
    let clock: VirtualClock
    let timebase: Timebase

    /// Where shorthands place the instructions that they run, and the trap handlers.
    static let code: UInt64 = 0x8000_0000
    static let machineHandler: UInt64 = 0x8000_1000
    static let supervisorHandler: UInt64 = 0x8000_2000
    /// Memory that tests may use for anything.
    static let data: UInt64 = 0x8001_0000

    init(
        base: UInt64 = TestMachine.code, byteCount: UInt64 = 1 << 24, servesSupervisorCalls: Bool = false
    ) throws {
        memory = try GuestMemory(base: base, byteCount: byteCount)
        let mode = ClockMode.deterministic(nanosecondsPerInstruction: 10)
        clock = VirtualClock(state: .init(mode: mode, epochOffset: 0)) { 0 }
        timebase = Timebase(clock: clock, nanosecondsPerTick: 100)
        let environment = HartEnvironment(
            memory: memory, bus: bus, timebase: timebase, servesSupervisorCalls: servesSupervisorCalls)
        hart = try Hart(index: 0, environment: environment)
        self[.mtvec] = Self.machineHandler
        self[.stvec] = Self.supervisorHandler
        pc = Self.code
    }

    // MARK: State

    /// A control register, read and written with machine-mode rights.
    subscript(_ csr: CSR) -> UInt64 {
        get { hart.readCSR(csr.rawValue) ?? 0 }
        set { hart.writeCSR(csr.rawValue, newValue) }
    }

    /// An integer register.
    subscript(_ register: Int) -> UInt64 {
        get { hart.state.pointee.x[register] }
        set { hart.state.pointee.x[register] = newValue }
    }

    var pc: UInt64 {
        get { hart.state.pointee.pc }
        set { hart.state.pointee.pc = newValue }
    }

    var privilege: Privilege? { Privilege(rawValue: hart.state.pointee.privilege) }

    /// Bits of mstatus that tests set and clear.
    func setStatus(_ bits: UInt64, _ isOn: Bool = true) {
        self[.mstatus] = isOn ? self[.mstatus] | bits : self[.mstatus] & ~bits
    }

    func word(_ address: UInt64) -> UInt64? { memory.load(UInt64.self, at: address) }

    @discardableResult
    func setWord(_ address: UInt64, _ value: UInt64) -> Bool { memory.store(value, at: address) }

    /// Lets lower privileges reach all physical memory (entry 15, all permissions).
    func openProtection() {
        hart.writeCSR(0x3bf, .max)
        hart.writeCSR(0x3a2, 0x1f << 56)
    }

    // MARK: Running

    /// Places instructions at physical `address`.
    func place(_ words: [UInt32], at address: UInt64 = TestMachine.code) {
        for (index, word) in words.enumerated() { _ = memory.store(word, at: address + UInt64(index * 4)) }
    }

    /// Goes to `address` in `privilege` by `mret`, without running anything there.
    func enter(_ privilege: Privilege, at address: UInt64 = TestMachine.code) {
        let kept = (self[.mstatus] & (MachineStatus.mie | MachineStatus.mprv), Self.code + 0xf00)
        hart.state.pointee.privilege = Privilege.machine.rawValue
        hart.selectTranslationSets()
        setStatus(MachineStatus.mpp, false)
        setStatus(UInt64(privilege.rawValue) << MachineStatus.mppShift)
        setStatus(MachineStatus.mie | MachineStatus.mpie | MachineStatus.mprv, false)
        if kept.0 & MachineStatus.mie != 0 { setStatus(MachineStatus.mpie) }
        self[.mepc] = address
        place([Assembly.mret], at: kept.1)
        pc = kept.1
        step()
        setStatus(kept.0 & MachineStatus.mprv)
    }

    /// Runs instructions; an exit that was asked for on the way does not end it.
    func step(_ count: UInt64 = 1) {
        let end = hart.executedInstructions + count
        for _ in 0..<16 where hart.executedInstructions < end {
            if hart.interpret(budget: end - hart.executedInstructions) == .waiting { return }
        }
    }

    /// Runs one instruction that was placed at the code address, in `privilege`.
    func execute(_ instruction: UInt32, in privilege: Privilege = .machine) -> Outcome {
        place([instruction])
        enter(privilege)
        step()
        return outcome(after: Self.code)
    }

    /// What the instruction at `address` led to, going by the program counter.
    func outcome(after address: UInt64) -> Outcome {
        if pc & ~0xfff == Self.machineHandler { return .trap(cause: self[.mcause], value: self[.mtval]) }
        if pc & ~0xfff == Self.supervisorHandler { return .trap(cause: self[.scause], value: self[.stval]) }
        return .done
    }
}

// MARK: Memory accesses

extension TestMachine {
    /// The kinds of access that the MMU tells apart.
    enum Access: CaseIterable {
        case load, store, fetch
    }

    /// Accesses `address` with the rights of `privilege`: data from machine mode with MPRV, so that
    /// no code needs to be mapped; the instruction at a fetched address is run.
    func access(_ kind: Access, _ address: UInt64, as privilege: Privilege) -> Outcome {
        switch kind {
        case .load: load(address, as: privilege)
        case .store: store(0x1122_3344_5566_7788, address, as: privilege)
        case .fetch: fetch(address, as: privilege)
        }
    }

    func load(
        _ address: UInt64, _ width: AccessWidth = .double, as privilege: Privilege = .machine
    ) -> Outcome {
        let f3: [AccessWidth: UInt32] = [.byte: 4, .half: 5, .word: 6, .double: 3]
        self[6] = address
        let outcome = data(Assembly.i(0x03, f3[width]!, 5, 6, 0), privilege)
        return outcome == .done ? .value(self[5]) : outcome
    }

    func store(
        _ value: UInt64, _ address: UInt64, _ width: AccessWidth = .double, as privilege: Privilege = .machine
    ) -> Outcome {
        let f3: [AccessWidth: UInt32] = [.byte: 0, .half: 1, .word: 2, .double: 3]
        self[5] = value
        self[6] = address
        return data(Assembly.s(0x23, f3[width]!, 6, 5, 0), privilege)
    }

    /// Runs a memory instruction in machine mode with the data rights of `privilege`.
    func data(_ instruction: UInt32, _ privilege: Privilege) -> Outcome {
        place([instruction])
        hart.state.pointee.privilege = Privilege.machine.rawValue
        setStatus(MachineStatus.mpp | MachineStatus.mprv, false)
        setStatus(MachineStatus.mprv | UInt64(privilege.rawValue) << MachineStatus.mppShift)
        hart.selectTranslationSets()
        pc = Self.code
        step()
        setStatus(MachineStatus.mprv, false)
        return outcome(after: Self.code)
    }

    func fetch(_ address: UInt64, as privilege: Privilege) -> Outcome {
        enter(privilege, at: address)
        step()
        return outcome(after: address)
    }
}
