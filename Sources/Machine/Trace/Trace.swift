// A trace that is being made.
import HostOS
import MachineCore

/// Writes down what a machine does. Each CPU's part is used on the thread that runs it.
final class Trace: BusProbe, @unchecked Sendable {
    let options: TraceOptions
    let file: TraceFile
    /// The machine is where nobody wants to see it: on its way back to a recorded moment.
    var isMuted = false
    private(set) var parts: [CPUTrace] = []
    /// The CPU that runs now, where only one can.
    private let currentCPU: () -> (any VirtualCPU)?

    init(
        _ options: TraceOptions, _ file: TraceFile, of cpus: [any VirtualCPU], _ memory: GuestMemory,
        currentCPU: @escaping () -> (any VirtualCPU)?
    ) {
        self.options = options
        self.file = file
        self.currentCPU = currentCPU
        parts = cpus.map { CPUTrace(self, $0, memory) }
    }

    /// Has the CPUs and the bus of `board` tell.
    func attach(to board: any Board) {
        var events: ProbedEvents = options.kinds.contains(.traps) || options.kinds.needsSteps ? .traps : []
        if options.kinds.needsSteps { events.insert(.accesses) }
        for (cpu, part) in zip(board.cpus, parts) { cpu.setProbe(events.isEmpty ? nil : part, for: events) }
        if options.kinds.contains(.devices) { board.bus.probe = self }
    }

    /// Nobody tells any more, and the file is complete.
    func end(on board: any Board) {
        for cpu in board.cpus { cpu.setProbe(nil, for: []) }
        board.bus.probe = nil
        file.close()
    }

    func bus(
        didAccess device: any Device, at address: GuestPhysicalAddress, width: AccessWidth, value: UInt64,
        isWrite: Bool
    ) {
        guard !isMuted, options.includes(address) else { return }
        var line = TraceLine()
        let cpu = currentCPU()
        let programCounter = (cpu as? any InspectableCPU)?.programCounter
        line.begin(cpu?.index, cpu?.executedInstructions ?? 0, programCounter ?? 0)
        line.append("\(type(of: device)) \(isWrite ? "write" : "read")\(width.byteCount) [")
        line.append(hexadecimal: address)
        line.append("]=")
        line.append(hexadecimal: value)
        file.write(line.bytes)
    }
}

extension TraceLine {
    /// What all lines begin with: the CPU, how many instructions it has executed, and where it is.
    mutating func begin(_ cpu: Int?, _ executed: UInt64, _ programCounter: UInt64) {
        append("cpu")
        if let cpu { append(decimal: UInt64(cpu)) } else { append("-") }
        append(" ")
        append(decimal: executed)
        append(" ")
        append(hexadecimal: programCounter, digits: 16)
        append("  ")
    }
}
