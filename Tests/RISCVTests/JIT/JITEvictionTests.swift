// A code cache that is much too small: its segments are emptied again and again.
import MachineCore
@testable import RISCV
import Testing

@Suite struct JITEvictionTests {
    private func smallPair(_ byteCount: UInt64) throws -> HartPair {
        try HartPair(byteCount: byteCount, codeByteCount: 1 << 20, segmentByteCount: 256 << 10)
    }

    @Test func wanderingThroughMuchCode() throws {
        let pair = try smallPair(WanderingProgram.byteCount)
        pair.forBoth(WanderingProgram(seed: 0xe71c).load)
        var random = RandomNumbers(seed: 1)
        guard pair.run(1_500_000, longest: 20_000, &random) else { return }
        #expect(pair.statistics.evictions > 12 && pair.statistics.invalidations > 1000, "\(pair.statistics)")
    }

    /// Loops that become hot while other code takes the room of theirs.
    @Test func hotCodeIsEvictedToo() throws {
        let pair = try HartPair(
            base: OracleLayout.base, byteCount: OracleLayout.byteCount, codeByteCount: 1 << 20,
            segmentByteCount: 256 << 10)
        var generator = OracleGenerator(seed: 0xe71c, unitCount: 80)
        var random = RandomNumbers(seed: 2)
        for _ in 0..<10 {
            let loop = OracleLoop(program: generator.program())
            pair.forBoth(loop.load)
            guard pair.run(300_000, longest: 10_000, &random) else { return }
        }
        #expect(pair.statistics.evictions > 0 && pair.statistics.traces > 10, "\(pair.statistics)")
    }

    @Test func changingCodeInASmallCache() throws {
        let pair = try smallPair(0x2_0000)
        var random = RandomNumbers(seed: 3)
        for index in 0..<30 {
            pair.forBoth(SelfModifyingProgram(seed: 0xe71c_0000 + UInt64(index)).load)
            guard pair.run(40_000, longest: 5000, &random) else { return }
        }
        #expect(pair.statistics.evictions > 3, "\(pair.statistics)")
    }

    /// Random bytes as code: every jump is one into data. The trap handler goes on anywhere in them.
    @Test func nonsenseIsExecutedAlike() throws {
        let pair = try smallPair(0x2_0000)
        var random = RandomNumbers(seed: 4)
        let handler = [
            Assembly.auipc(30, 0), Assembly.csrrs(31, CSR.mcycle.rawValue, 0), Assembly.slli(29, 31, 9),
            Assembly.r(0x33, 4, 0, 31, 31, 29), Assembly.lui(28, 0x1_0000), Assembly.addi(28, 28, -2),
            Assembly.r(0x33, 7, 0, 31, 31, 28), Assembly.add(31, 31, 30),
            Assembly.csrrw(0, CSR.mepc.rawValue, 31), Assembly.mret,
        ]
        for _ in 0..<40 {
            let words = (0..<0x4000).map { _ in random.next() }
            let bytes = words.withUnsafeBytes { Array($0) }
            let registers = (0..<32).map { _ in TestMachine.code + (random.next() & 0x1_fffe) }
            pair.forBoth { machine in
                machine.hart.reset()
                _ = machine.memory.write(bytes, at: TestMachine.code)
                machine.place(handler)
                machine.setStatus(MachineStatus.fs)
                machine[.mtvec] = TestMachine.code
                for register in 1..<32 { machine[register] = registers[register] }
                machine.pc = registers[0]
            }
            guard pair.run(10_000, longest: 1000, &random) else { return }
        }
        #expect(pair.statistics.blocks > 10_000, "\(pair.statistics)")
    }
}
