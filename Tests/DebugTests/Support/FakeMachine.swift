// A machine of two CPUs and two instructions, with a recording, for debuggers to look at.
import Debug

/// CPU 1 runs a loop of 64 instructions: all add 1 to t0, but one, which stores t0 at t1. CPU 2 waits.
/// What the session must never do is noted in `violations`.
final class FakeMachine: DebugTarget {
    static let base: UInt64 = 0x8000_0000
    static let loop: UInt64 = 0x100
    static let storePlace: UInt64 = base + 0x20
    static let counter: UInt64 = base + 0x1000
    private static let addition: UInt32 = 0x0012_8293  // addi t0,t0,1
    private static let store: UInt32 = 0x0053_2023  // sw t0,0(t1)

    struct Hart: Equatable {
        var x = [UInt64](repeating: 0, count: 32)
        var pc = FakeMachine.base
        var status: UInt64 = 0x1800
    }

    private struct Undo {
        var thread: Int
        var hart: Hart
        var stored: (address: UInt64, before: [UInt8])?
    }

    var harts = [Hart(), Hart()]
    private(set) var memory = [UInt8](repeating: 0, count: 0x2000)
    private var recording: [Undo] = []
    private(set) var breakpoints: [Breakpoint] = []
    private(set) var violations: [String] = []
    /// Set by whoever moves the machine: nobody else may look at it meanwhile.
    var isRunning = false
    var supportsReverse = true
    var breakpointOutcome = BreakpointOutcome.inserted
    let architecture: DebugArchitecture

    init() {
        architecture = DebugArchitecture(
            Self.description, programCounter: 32, generalCount: 33, debuggersStepOverAccesses: true)
        for offset in stride(from: 0, to: Self.loop, by: 4) {
            let place = Self.base + offset
            put(place == Self.storePlace ? Self.store : Self.addition, at: place)
        }
        harts[0].x[6] = Self.counter
        harts[1].pc = Self.base + 0x40
    }

    var threads: [DebugThread] {
        check(!isRunning, "asked for threads while running")
        return [
            DebugThread(number: 1, name: "hart 0", detail: "running"),
            DebugThread(number: 2, name: "hart 1", detail: "waiting <for> \"work\""),
        ]
    }

    private func check(_ condition: Bool, _ text: @autoclosure () -> String) {
        if !condition { violations.append(text()) }
    }
}

// Registers and memory.
extension FakeMachine {
    private static let names =
        "zero ra sp gp tp t0 t1 t2 fp s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6"

    static let description: TargetDescription = {
        var registers = names.split(separator: " ").enumerated().map { number, name in
            TargetDescription.Register(String(name), number: number, bitSize: 64)
        }
        registers.append(.init("pc", number: 32, bitSize: 64, type: "code_ptr"))
        let status = TargetDescription.Register("mstatus", number: 833, bitSize: 64, group: "system")
        return TargetDescription(
            architecture: "riscv:rv64",
            features: [
                .init("org.gnu.gdb.riscv.cpu", registers: registers),
                .init("org.gnu.gdb.riscv.csr", registers: [status]),
            ])
    }()

    func readRegister(_ number: Int, thread: Int) -> [UInt8]? {
        check(!isRunning, "read a register while running")
        guard harts.indices.contains(thread - 1) else { return nil }
        let hart = harts[thread - 1]
        switch number {
        case 0...31: return Self.bytes(hart.x[number])
        case 32: return Self.bytes(hart.pc)
        case 833: return Self.bytes(hart.status)
        default: return nil
        }
    }

    func writeRegister(_ number: Int, _ bytes: [UInt8], thread: Int) -> Bool {
        check(!isRunning && bytes.count == 8, "wrote \(bytes.count) bytes to register \(number)")
        guard harts.indices.contains(thread - 1), bytes.count == 8 else { return false }
        let value = Self.number(bytes)
        switch number {
        case 1...31: harts[thread - 1].x[number] = value
        case 32: harts[thread - 1].pc = value
        case 833: harts[thread - 1].status = value
        default: return false
        }
        return true
    }

    private func range(_ address: UInt64, _ count: Int) -> Range<Int>? {
        guard address >= Self.base, address - Self.base < UInt64(memory.count), count > 0 else { return nil }
        let start = Int(address - Self.base)
        return start..<min(memory.count, start + count)
    }

    func readMemory(at address: UInt64, count: Int, thread: Int) -> [UInt8]? {
        check(!isRunning && 1...0x4000 ~= count, "read \(count) bytes")
        return range(address, count).map { Array(memory[$0]) }
    }

    func writeMemory(at address: UInt64, _ bytes: [UInt8], thread: Int) -> Bool {
        check(!isRunning && 1...0x4000 ~= bytes.count, "wrote \(bytes.count) bytes")
        guard let range = range(address, bytes.count), range.count == bytes.count else { return false }
        memory.replaceSubrange(range, with: bytes)
        return true
    }

    func readPhysicalMemory(at address: UInt64, count: Int) -> [UInt8]? {
        readMemory(at: address, count: count, thread: 1)
    }

    func writePhysicalMemory(at address: UInt64, _ bytes: [UInt8]) -> Bool {
        writeMemory(at: address, bytes, thread: 1)
    }

    private func put(_ word: UInt32, at address: UInt64) {
        memory.replaceSubrange(
            Int(address - Self.base)..<Int(address - Self.base) + 4, with: Self.bytes(UInt64(word)).prefix(4))
    }

    private static func bytes(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private static func number(_ bytes: [UInt8]) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

// Breakpoints and commands.
extension FakeMachine {
    func insert(_ breakpoint: Breakpoint) -> BreakpointOutcome {
        check(!isRunning && !breakpoints.contains(breakpoint), "inserted twice")
        if breakpointOutcome == .inserted { breakpoints.append(breakpoint) }
        return breakpointOutcome
    }

    func remove(_ breakpoint: Breakpoint) -> Bool {
        check(!isRunning && breakpoints.contains(breakpoint), "removed what was not there")
        breakpoints.removeAll { $0 == breakpoint }
        return true
    }

    var monitorCommands: [MonitorCommand] { [MonitorCommand("long COUNT", "prints COUNT letters")] }

    func monitor(_ command: String) -> String? {
        let words = command.split(separator: " ")
        guard words.count == 2, words[0] == "long", let count = Int(words[1]) else { return nil }
        return String(repeating: "y", count: min(max(0, count), 1 << 20))
    }
}

// Moving.
extension FakeMachine {
    /// Does what a debugger wants, for at most `limit` instructions; nil when it would go on.
    func move(_ action: ResumeAction, limit: Int) -> (reason: StopReason, thread: Int)? {
        switch action {
        case .step(let thread, _):
            return (execute(thread) ?? .stepped, thread)
        case .stepBackwards(let thread):
            return (goBack() ?? .stepped, thread)
        case .run(let only):
            return repeated(limit, thread: only ?? 1) { self.execute(only ?? 1) ?? self.breakpointReason() }
        case .runBackwards:
            return repeated(limit, thread: 1) { self.goBack() ?? self.breakpointReason() }
        }
    }

    private func repeated(
        _ limit: Int, thread: Int, _ body: () -> StopReason?
    ) -> (reason: StopReason, thread: Int)? {
        for _ in 0..<limit {
            if let reason = body() { return (reason, thread) }
        }
        return nil
    }

    private func execute(_ thread: Int) -> StopReason? {
        var hart = harts[thread - 1]
        // t2 is the power button.
        if hart.x[7] != 0 { return .exited(status: 3) }
        var undo = Undo(thread: thread, hart: hart)
        if hart.pc == Self.storePlace {
            let range = range(hart.x[6], 4) ?? 0..<0
            undo.stored = (hart.x[6], Array(memory[range]))
            memory.replaceSubrange(range, with: Self.bytes(hart.x[5]).prefix(range.count))
        } else {
            hart.x[5] &+= 1
        }
        hart.pc = Self.base + (hart.pc &+ 4) % Self.loop
        harts[thread - 1] = hart
        recording.append(undo)
        return undo.stored.flatMap { watchReason($0.address) }
    }

    private func goBack() -> StopReason? {
        guard let undo = recording.popLast() else { return .recordingEnd(.beginning) }
        harts[undo.thread - 1] = undo.hart
        guard let (address, before) = undo.stored else { return nil }
        if let range = range(address, before.count) { memory.replaceSubrange(range, with: before) }
        return watchReason(address)
    }

    private func watchReason(_ address: UInt64) -> StopReason? {
        for breakpoint in breakpoints where breakpoint.address == address {
            if case .watch(let access) = breakpoint.kind { return .watchpoint(access, address: address) }
        }
        return nil
    }

    private func breakpointReason() -> StopReason? {
        switch breakpoints.first(where: { $0.address == harts[0].pc })?.kind {
        case .software: .softwareBreakpoint
        case .hardware: .hardwareBreakpoint
        default: nil
        }
    }
}
