// Two equal machines: one on the precise engine, the other on the fast engine.
import Foundation
import JITEngine
import MachineCore
import PreciseEngine
@testable import RISCV
import Testing

/// Runs the same code on both engines, slice by slice, and compares everything that can be seen.
final class HartPair {
    let precise: TestMachine
    let fast: TestMachine
    let engine: JITEngine
    private let preciseEngine = PreciseEngine()
    private let devices: [TranslateDevice]
    /// Differences are reported once: what follows the first is noise.
    private(set) var hasDiffered = false
    /// The causes of traps, as in mcause and scause after the slices.
    private(set) var causes: Set<UInt64> = []

    /// - Parameters:
    ///   - codeByteCount: the bound on generated code.
    ///   - segmentByteCount: how much of it is emptied at once.
    init(
        base: UInt64 = TestMachine.code, byteCount: UInt64 = 0x2_0000, servesSupervisorCalls: Bool = false,
        codeByteCount: Int = 16 << 20, segmentByteCount: Int = 1 << 20
    ) throws {
        func machine() throws -> TestMachine {
            try TestMachine(base: base, byteCount: byteCount, servesSupervisorCalls: servesSupervisorCalls)
        }
        precise = try machine()
        fast = try machine()
        devices = [precise, fast].map(TranslateDevice.init)
        var configuration = JITEngine.Configuration()
        configuration.codeByteCount = codeByteCount
        configuration.segmentByteCount = segmentByteCount
        engine = JITEngine(configuration)
    }

    var statistics: TranslationStatistics { engine.statistics ?? TranslationStatistics() }
    var executedInstructions: UInt64 { fast.hart.executedInstructions }

    /// Does the same to both.
    func forBoth(_ action: (TestMachine) throws -> Void) rethrows { try [precise, fast].forEach(action) }

    /// Runs a slice of `budget` instructions on both.
    /// - Returns: how both ended, or nil when they differ, which is also reported.
    func run(budget: UInt64) -> Exit? {
        let start = fast.pc
        let exit = engine.run(fast.hart, budget: budget, exactly: true)
        let own = preciseEngine.run(precise.hart, budget: budget, exactly: true)
        causes.formUnion([fast[.mcause], fast[.scause]])
        let differences = differences(own, exit)
        if differences.isEmpty { return exit }
        if !hasDiffered {
            hasDiffered = true
            let place = "0x\(String(start, radix: 16)), \(budget) instructions"
            Issue.record("in the slice from \(place):\n\(differences.joined(separator: "\n"))")
        }
        return nil
    }

    /// Runs `count` instructions in slices of random length, of at most `longest` instructions.
    /// - Returns: false when both differ; true also when they wait.
    func run(_ count: UInt64, longest: Int = 300, _ random: inout RandomNumbers) -> Bool {
        let end = executedInstructions + count
        while executedInstructions < end {
            let budget = min(UInt64(1 + random.below(longest)), end - executedInstructions)
            guard let exit = run(budget: budget) else { return false }
            switch exit {
            case .waiting: return true
            case .environmentCall:
                forBoth { $0.hart.completeEnvironmentCall(error: -2, value: $0[17] &+ 1) }
            case .budget, .attention, .debugStop: break
            }
        }
        return true
    }

    // MARK: Comparing

    private func differences(_ own: Exit, _ exit: Exit) -> [String] {
        var differences: [String] = []
        if own != exit { differences.append("exit: precise \(own), fast \(exit)") }
        let words = MemoryLayout<HartState>.size / 8
        if memcmp(precise.hart.state, fast.hart.state, words * 8) != 0 {
            differences += (0..<words).compactMap(stateDifference)
        }
        let (memory, other) = (precise.memory, fast.memory)
        if memcmp(memory.hostBase, other.hostBase, Int(memory.byteCount)) != 0 {
            differences += memoryDifferences
        }
        if devices[0].log != devices[1].log { differences.append("device accesses") }
        if precise.clock.now != fast.clock.now { differences.append("time") }
        return differences
    }

    private func stateDifference(_ word: Int) -> String? {
        let values = [precise, fast].map {
            UnsafeRawPointer($0.hart.state).load(fromByteOffset: word * 8, as: UInt64.self)
        }
        if values[0] == values[1] { return nil }
        let name = word < 32 ? "x\(word)" : word < 64 ? "f\(word - 32)" : word == 64 ? "pc" : "state byte \(word * 8)"
        let text = values.map { "0x" + String($0, radix: 16) }
        return "\(name): precise \(text[0]), fast \(text[1])"
    }

    /// The first few words of RAM that differ.
    private var memoryDifferences: [String] {
        let count = Int(precise.memory.byteCount / 8)
        return (0..<count).lazy.compactMap { word -> String? in
            let values = [self.precise, self.fast].map {
                UnsafeRawPointer($0.memory.hostBase).load(fromByteOffset: word * 8, as: UInt64.self)
            }
            if values[0] == values[1] { return nil }
            let address = String(self.precise.memory.base + UInt64(word) * 8, radix: 16)
            let text = values.map { "0x" + String($0, radix: 16) }
            return "memory 0x\(address): precise \(text[0]), fast \(text[1])"
        }.prefix(8).map { $0 }
    }
}
