// `starling-dev speed`: how fast engines execute, on a loop that does nothing but arithmetic.
import ArgumentParser
import Foundation
import HostOS
import Machine
import MachineCore
import VirtRISCV

struct SpeedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speed", abstract: "Measures guest instructions per second on an integer loop.")

    @Option(help: "Instructions in each run.") var instructions: UInt64 = 200_000_000
    @Option(help: "Runs; the best one counts, as others share the machine.") var runs = 5
    @Option(help: "The engine.") var engine = EngineCatalog.standard

    /// add a0,a0,a2; xor a3,a0,a1; slli a4,a3,3; addi a1,a1,-1; bnez a1,-16; j 0 - with a1 = -1 at first.
    private static let loop: [UInt32] = [
        0xfff0_0593, 0x00c5_0533, 0x00b5_46b3, 0x0036_9713, 0xfff5_8593, 0xfe05_98e3, 0x0000_006f,
    ]

    func run() throws {
        var best = 0.0
        for _ in 0..<max(runs, 1) {
            let speed = try measure()
            best = max(best, speed)
        }
        print(String(format: "%@: %.1f million instructions per second (best of %d)", engine, best / 1e6, runs))
    }

    private func measure() throws -> Double {
        let program = BootFile(name: "integer loop") { Self.elf(Self.loop) }
        var configuration = MachineConfiguration(name: "speed", program: .bare(program))
        configuration.engine = engine
        configuration.memoryByteCount = 16 << 20
        let machine = try Machine(configuration, log: { _ in }, consoleOutput: { _ in })
        let start = HostClock.monotonicNanoseconds()
        _ = try machine.run(instructionLimit: instructions)
        let seconds = Double(HostClock.monotonicNanoseconds() - start) / 1e9
        try machine.close()
        return Double(machine.instructionsExecuted) / seconds
    }

    /// A minimal ELF file: one segment with `code` at the start of RAM (System V ABI, chapters 4 and 5).
    private static func elf(_ code: [UInt32]) -> [UInt8] {
        let size = UInt64(code.count * 4)
        let base: UInt64 = MemoryMap.ramBase
        let words: [UInt64] = [
            0x0001_0102_464c_457f, 0, 0x0000_0001_00f3_0002, base, 64, 0, 0x0038_0040_0000_0000, 0x0000_0000_0000_0001,
            0x0000_0005_0000_0001, 120, base, base, size, size, 4,
        ]
        let header = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
        return header + code.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }
}
