// A machine as the GNU debugger sees it.
import Debug
import MachineCore

/// Registers, memory and breakpoints of a paused machine. Used on the machine's thread.
final class MachineDebugTarget: DebugTarget {
    private unowned let machine: Machine
    let architecture: DebugArchitecture

    /// nil when the machine's CPUs can not be looked into.
    init?(_ machine: Machine) {
        self.machine = machine
        guard let cpu = machine.inspectableCPU(0) else { return nil }
        architecture = DebugArchitecture(inspecting: type(of: cpu))
    }

    private func cpu(_ thread: Int) -> (any InspectableCPU)? { machine.inspectableCPU(thread - 1) }

    var threads: [DebugThread] {
        machine.board.cpus.map { cpu in
            let isStarted = machine.board.isStarted(cpu.index)
            return DebugThread(
                number: cpu.index + 1, name: "cpu \(cpu.index)",
                detail: !isStarted ? "not started" : cpu.isWaiting ? "waiting for an interrupt" : "running")
        }
    }

    var supportsReverse: Bool { machine.timeline != nil }

    // MARK: Registers

    func readRegister(_ number: Int, thread: Int) -> [UInt8]? {
        guard let cpu = cpu(thread), let value = cpu.readRegister(number),
            let register = type(of: cpu).registers.first(where: { $0.number == number })
        else { return nil }
        return (0..<register.bitCount / 8).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
    }

    func writeRegister(_ number: Int, _ bytes: [UInt8], thread: Int) -> Bool {
        guard let cpu = cpu(thread), bytes.count <= 8 else { return false }
        let value = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return cpu.writeRegister(number, value)
    }

    // MARK: Memory

    func readMemory(at address: UInt64, count: Int, thread: Int) -> [UInt8]? {
        guard let cpu = cpu(thread) else { return nil }
        let bytes = machine.memory(at: address, count: count, of: cpu)
        return bytes.isEmpty && count > 0 ? nil : bytes
    }

    func writeMemory(at address: UInt64, _ bytes: [UInt8], thread: Int) -> Bool {
        guard let cpu = cpu(thread) else { return false }
        let pieces = machine.memoryPieces(at: address, count: bytes.count, of: cpu)
        guard pieces.reduce(0, { $0 + $1.count }) == bytes.count else { return false }
        var done = 0
        for (physical, length) in pieces {
            _ = machine.context.memory.write(Array(bytes[done..<(done + length)]), at: physical)
            done += length
        }
        return true
    }

    func readPhysicalMemory(at address: UInt64, count: Int) -> [UInt8]? {
        let memory = machine.context.memory
        guard count >= 0, memory.range.contains(address) else { return nil }
        let available = Int(min(UInt64(count), memory.range.upperBound - address))
        return memory.bytes(at: address, count: available)
    }

    func writePhysicalMemory(at address: UInt64, _ bytes: [UInt8]) -> Bool {
        machine.context.memory.write(bytes, at: address)
    }

    // MARK: Breakpoints

    func insert(_ breakpoint: Breakpoint) -> BreakpointOutcome {
        if let watchpoint = breakpoint.watchpoint {
            machine.debugPoints.watchpoints.append(watchpoint)
        } else {
            machine.debugPoints.breakpoints.insert(breakpoint.address)
        }
        return .inserted
    }

    func remove(_ breakpoint: Breakpoint) -> Bool {
        guard let watchpoint = breakpoint.watchpoint else {
            return machine.debugPoints.breakpoints.remove(breakpoint.address) != nil
        }
        guard let index = machine.debugPoints.watchpoints.firstIndex(of: watchpoint) else { return false }
        machine.debugPoints.watchpoints.remove(at: index)
        return true
    }

    // MARK: Monitor

    let monitorCommands = [MonitorCommand("engine [NAME]", "shows the engine that runs the machine, or changes it")]

    func monitor(_ command: String) -> String? {
        let words = command.split(separator: " ")
        guard words.first == "engine", words.count <= 2 else { return nil }
        guard words.count == 2 else { return machine.engineName + "\n" }
        do {
            try machine.switchEngine(to: String(words[1]))
            return machine.engineName + "\n"
        } catch {
            return "\(error)\n"
        }
    }
}

extension Breakpoint {
    /// As CPUs know it; nil for one that stops before an instruction.
    fileprivate var watchpoint: Watchpoint? {
        guard case .watch(let access) = kind else { return nil }
        let accesses: Watchpoint.Accesses =
            switch access {
            case .write: .write
            case .read: .read
            case .any: [.read, .write]
            }
        return Watchpoint(address: address, count: UInt64(clamping: length), accesses: accesses)
    }
}

extension DebugArchitecture {
    /// The registers of a kind of CPU, in the debugger's features (GDB manual, "RISC-V Features").
    fileprivate init(inspecting cpu: any InspectableCPU.Type) {
        let family = cpu.architecture.prefix { $0 != ":" }
        func feature(_ name: String, _ kinds: Set<RegisterDescription.Kind>) -> TargetDescription.Feature {
            let registers = cpu.registers.filter { kinds.contains($0.kind) }.map { register in
                TargetDescription.Register(
                    register.name, number: register.number, bitSize: register.bitCount,
                    type: register.debuggerType)
            }
            return .init("org.gnu.gdb.\(family).\(name)", registers: registers)
        }
        self.init(
            TargetDescription(
                architecture: cpu.architecture,
                features: [
                    feature("cpu", [.general, .programCounter]), feature("fpu", [.floatingPoint]),
                    feature("csr", [.control, .counter]), feature("virtual", [.privilege]),
                ]),
            programCounter: cpu.registers.first { $0.kind == .programCounter }?.number ?? 0,
            generalCount: cpu.registers.count { $0.kind == .general || $0.kind == .programCounter },
            debuggersStepOverAccesses: family == "riscv")
    }
}

extension RegisterDescription {
    /// The debugger's type for the register.
    fileprivate var debuggerType: String {
        switch kind {
        case .programCounter: "code_ptr"
        case .floatingPoint where bitCount == 64: "ieee_double"
        case .general where name == "sp" || name == "gp" || name == "tp": "data_ptr"
        default: "int"
        }
    }
}
