// Executes instruction cases: on the CPU under test in 64-bit user mode, and on the host.
import MachineCore

@testable import X86

/// A CPU in 64-bit user mode with the memory of the host's harness.
final class UserMachine {
    private let memory: GuestMemory
    private let cpu: CPU

    init() throws {
        memory = try GuestMemory(base: HostCPUHarness.data, byteCount: 1 << 20)
        let mode = ClockMode.deterministic(nanosecondsPerInstruction: 1)
        let clock = VirtualClock(state: .init(mode: mode, epochOffset: 0)) { 0 }
        cpu = try CPU(
            index: 0,
            environment: CPUEnvironment(
                memory: memory, bus: Bus(), ports: Bus(), clock: clock, timestampFrequency: 1_000_000_000))
        cpu.state.pointee.cr0 |= CR0.protection
        cpu.state.pointee.efer = EFER.longModeEnable | EFER.longModeActive
        for number in 0..<6 {
            let isCode = number == SegmentRegister.cs
            cpu.state.pointee.segments[number] = Segment(
                limit: .max, selector: isCode ? 0x33 : 0x2b, attributes: isCode ? 0xa0fb : 0xc0f3)
        }
        makeSystemTables()
        cpu.stateWasReplaced()
    }

    // MARK: The system around the user's code

    private static let tables = HostCPUHarness.data + 0x2_0000
    private static let task = tables + 0x1000
    private static let gates = tables + 0x2000
    /// Where each vector's handler stops: one `hlt` at every multiple of 16.
    private static let handlers = tables + 0x3000
    private static let stackTop = tables + 0x5000

    /// Exceptions lead to ring 0, through gates and a task segment as a kernel makes them.
    private func makeSystemTables() {
        let kernelCode: UInt64 = 0x00af_9b00_0000_ffff
        _ = memory.store(kernelCode, at: Self.tables + 8)
        _ = memory.store(Self.stackTop, at: Self.task + 4)
        for vector in 0..<32 as Range<UInt64> {
            let handler = Self.handlers + vector * 16
            _ = memory.store(UInt8(0xf4), at: handler)
            let low = handler & 0xffff | 8 << 16 | 0x8e00 << 32 | (handler >> 16 & 0xffff) << 48
            _ = memory.store(low, at: Self.gates + vector * 16)
            _ = memory.store(handler >> 32, at: Self.gates + vector * 16 + 8)
        }
        (cpu.state.pointee.gdtBase, cpu.state.pointee.gdtLimit) = (Self.tables, 15)
        (cpu.state.pointee.idtBase, cpu.state.pointee.idtLimit) = (Self.gates, 511)
        cpu.state.pointee.segments[SegmentRegister.tr] = Segment(
            base: Self.task, limit: 103, selector: 16, attributes: 0x8b)
    }

    /// Gives the user back what an exception took, as a kernel's `iret` does; gives the vector.
    private func leaveHandler() -> UInt64 {
        let vector = (cpu.state.pointee.rip - Self.handlers) / 16
        let hasErrorCode = vector == 8 || (10...14).contains(vector) || vector == 17
        let frame = cpu.state.pointee.registers[4] + (hasErrorCode ? 8 : 0)
        func word(_ index: UInt64) -> UInt64 { memory.load(UInt64.self, at: frame + index * 8) ?? 0 }
        cpu.setFlags(word(2))
        cpu.state.pointee.registers[4] = word(3)
        return vector
    }

    private var isInHandler: Bool { cpu.privilege == 0 }

    private func setUserSegments() {
        for number in [SegmentRegister.cs, SegmentRegister.ss] {
            let isCode = number == SegmentRegister.cs
            cpu.setSegment(
                number, Segment(limit: .max, selector: isCode ? 0x33 : 0x2b, attributes: isCode ? 0xa0fb : 0xc0f3))
        }
        cpu.modeWasChanged()
    }

    /// The result, in the harness's form; the word of the signal is the vector, or all ones.
    func run(_ test: InstructionCase) -> [UInt64] {
        let data = memory.hostBase.assumingMemoryBound(to: UInt64.self)
        var random = SplitMix(seed: test.seed)
        for index in 0..<512 { data[index] = random.next() }
        // Whatever follows the instruction is not executed.
        let code = memory.hostBase + Int(HostCPUHarness.code - HostCPUHarness.data)
        code.copyMemory(from: test.code, byteCount: test.code.count)
        for number in 0..<16 { cpu.state.pointee.registers[number] = test.registers[number] }
        cpu.state.pointee.statusFlags = test.flags & RFlags.status
        cpu.state.pointee.systemFlags = test.flags & ~RFlags.status
        cpu.state.pointee.rip = HostCPUHarness.code
        if isInHandler { setUserSegments() }
        let end = HostCPUHarness.code + UInt64(test.code.count)
        for _ in 0..<8 where cpu.state.pointee.rip != end && !isInHandler { _ = cpu.interpret(budget: 1) }
        return result(data)
    }

    private func result(_ data: UnsafePointer<UInt64>) -> [UInt64] {
        let vector = isInHandler ? leaveHandler() : .max
        var words = (0..<16).map { cpu.state.pointee.registers[$0] }
        words.append(cpu.state.pointee.statusFlags | cpu.state.pointee.systemFlags)
        words.append(vector)
        var hash: UInt64 = 0
        for index in 0..<512 {
            hash = (hash ^ data[index]) &* 0x100_0000_01b3
            hash ^= hash >> 29
        }
        words.append(hash)
        return words
    }
}

/// The host's own CPU.
enum HostCPU {
    /// The results of all cases, one after the other.
    static func run(_ cases: [InstructionCase]) throws -> [UInt64] {
        let tools = try HostTools()
        defer { tools.remove() }
        try tools.write(HostCPUHarness.source, to: "harness.c")
        let options = ["-O1", "-no-pie", "-o", "harness", "harness.c"]
        try tools.run("/usr/bin/gcc", package: "gcc", options)
        var input: [UInt8] = []
        for test in cases {
            var code = test.code
            while code.count < 16 { code.append(0) }
            let words = test.registers + [test.flags, test.seed, UInt64(test.code.count)]
            for word in words { withUnsafeBytes(of: word.littleEndian) { input += $0 } }
            input += code + [UInt8](repeating: 0, count: 24)
        }
        try tools.write(input, to: "cases")
        try tools.run(tools.path("harness"), package: "gcc", [], input: "cases", output: "results")
        let bytes = try tools.read("results")
        guard bytes.count == cases.count * HostCPUHarness.resultWords * 8 else {
            throw HostTools.Failure(description: "the harness gave \(bytes.count) bytes")
        }
        return bytes.withUnsafeBytes { buffer in
            (0..<bytes.count / 8).map { buffer.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
        }
    }
}
