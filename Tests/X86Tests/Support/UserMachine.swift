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
        cpu.stateWasReplaced()
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
        cpu.state.pointee.waiting = 0
        let end = HostCPUHarness.code + UInt64(test.code.count)
        for _ in 0..<8 where cpu.state.pointee.rip != end && !cpu.isShutDown { _ = cpu.interpret(budget: 1) }
        return result(data)
    }

    private func result(_ data: UnsafePointer<UInt64>) -> [UInt64] {
        var words = (0..<16).map { cpu.state.pointee.registers[$0] }
        words.append(cpu.state.pointee.statusFlags | cpu.state.pointee.systemFlags)
        words.append(cpu.isShutDown ? cpu.runtime.pointee.faultCause : .max)
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
