// One CPU's part of a trace: instruction by instruction.
import MachineCore

/// Runs a CPU in single steps and writes down what each did.
final class CPUTrace: CPUProbe {
    private struct Access {
        var address: UInt64
        var byteCount: UInt64
        var accesses: Watchpoint.Accesses
    }

    private unowned let trace: Trace
    private let memory: GuestMemory
    private var line = TraceLine()
    private var isStepping = false
    private var programCounter: UInt64 = 0
    private var executed: UInt64 = 0
    /// The instruction that is shown; nil where it is not.
    private var text: String?
    private var accesses: [Access] = []
    private var exceptions: [TakenTrap] = []
    /// The registers after the last instruction; empty when they are not known.
    private var values: [UInt64] = []
    /// The registers whose changes are effects of instructions.
    private let registers: [RegisterDescription]

    init(_ trace: Trace, _ cpu: any VirtualCPU, _ memory: GuestMemory) {
        self.trace = trace
        self.memory = memory
        let all = (cpu as? any InspectableCPU).map { type(of: $0).registers } ?? []
        registers = all.filter { $0.kind != .programCounter && $0.kind != .counter }
    }

    /// Runs `cpu` for at most `budget` instructions.
    func run(_ cpu: any InspectableCPU, budget: UInt64) -> Exit {
        isStepping = true
        defer { isStepping = false }
        values.removeAll(keepingCapacity: true)
        var rest = budget
        while rest > 0 {
            let before = cpu.executedInstructions
            begin(cpu)
            let exit = cpu.interpret(budget: 1)
            let count = cpu.executedInstructions &- before
            // An environment call counts when it is served.
            if count > 0 || exit == .environmentCall { finish(cpu) }
            rest -= min(rest, count)
            if exit != .budget { return exit }
        }
        return .budget
    }

    private func begin(_ cpu: any InspectableCPU) {
        accesses.removeAll(keepingCapacity: true)
        exceptions.removeAll(keepingCapacity: true)
        programCounter = cpu.programCounter
        executed = cpu.executedInstructions
        text = nil
        guard trace.options.kinds.contains(.instructions), trace.options.includes(programCounter) else {
            values.removeAll(keepingCapacity: true)
            return
        }
        text = cpu.disassemble(at: programCounter)?.text ?? "(can not be read)"
        if values.isEmpty { values = registers.map { cpu.readRegister($0.number) ?? 0 } }
    }

    private func finish(_ cpu: any InspectableCPU) {
        if let text { writeInstruction(cpu, text) }
        if trace.options.kinds.contains(.memory) {
            for access in accesses where trace.options.includes(access.address) {
                beginLine(cpu)
                append(access, cpu)
                trace.file.write(line.bytes)
            }
        }
        for exception in exceptions { write(exception, cpu) }
    }

    // MARK: What the CPU tells

    func cpu(
        _ cpu: any InspectableCPU, didAccess address: UInt64, byteCount: UInt64, _ accesses: Watchpoint.Accesses
    ) {
        if isStepping { self.accesses.append(Access(address: address, byteCount: byteCount, accesses: accesses)) }
    }

    func cpu(_ cpu: any InspectableCPU, didTake trap: TakenTrap) {
        if trace.isMuted { return }
        guard isStepping else {
            executed = cpu.executedInstructions
            return write(trap, cpu)
        }
        guard trap.isInterrupt else { return exceptions.append(trap) }
        // It came before the instruction, which is another one now.
        write(trap, cpu)
        values.removeAll(keepingCapacity: true)
        begin(cpu)
    }

    // MARK: Lines

    private func beginLine(_ cpu: any InspectableCPU) {
        line.removeAll()
        line.begin(cpu.index, executed, programCounter)
    }

    private func writeInstruction(_ cpu: any InspectableCPU, _ text: String) {
        beginLine(cpu)
        line.append(text)
        let effects = line.bytes.count
        line.pad(to: 72)
        let start = line.bytes.count
        for (index, register) in registers.enumerated() {
            let value = cpu.readRegister(register.number) ?? 0
            if value == values[index] { continue }
            values[index] = value
            separate(from: start)
            line.append(register.name)
            line.append("=")
            line.append(hexadecimal: value)
        }
        for access in accesses {
            separate(from: start)
            append(access, cpu)
        }
        if line.bytes.count == start { line.shorten(to: effects) }
        trace.file.write(line.bytes)
    }

    private func separate(from start: Int) { if line.bytes.count > start { line.append(", ") } }

    /// What is there now: after the instruction.
    private func append(_ access: Access, _ cpu: any InspectableCPU) {
        let verb = access.accesses == .read ? "load" : access.accesses == .write ? "store" : "atomic"
        line.append("\(verb)\(access.byteCount) [")
        line.append(hexadecimal: access.address)
        line.append("]")
        guard let value = value(at: access, cpu) else { return }
        line.append("=")
        line.append(hexadecimal: value)
    }

    /// Nil where there is no RAM.
    private func value(at access: Access, _ cpu: any InspectableCPU) -> UInt64? {
        var value: UInt64 = 0
        for offset in 0..<access.byteCount {
            guard let physical = cpu.physicalAddress(ofVirtual: access.address &+ offset),
                let byte = memory.load(UInt8.self, at: physical)
            else { return nil }
            value |= UInt64(byte) << (8 * offset)
        }
        return value
    }

    private func write(_ trap: TakenTrap, _ cpu: any InspectableCPU) {
        guard trace.options.kinds.contains(.traps), trace.options.includes(trap.interrupted) else { return }
        line.removeAll()
        line.begin(cpu.index, executed, trap.interrupted)
        line.append("\(trap.name) (\(trap.cause))")
        if trap.value != 0 {
            line.append(", value ")
            line.append(hexadecimal: trap.value)
        }
        line.append(", handler ")
        line.append(hexadecimal: trap.handler)
        trace.file.write(line.bytes)
    }
}
