// Hot code on the fast engine: loops that run long enough to be translated into traces.
import MachineCore
@testable import RISCV
import Testing

@Suite struct JITTraceTests {
    /// Long runs of arithmetic, memory, floating point and branches.
    @Test(arguments: 0..<3) func hotOracleProgramsAgree(_ part: Int) throws {
        let pair = try HartPair(base: OracleLayout.base, byteCount: OracleLayout.byteCount)
        var generator = OracleGenerator(seed: 0x7ace_0000 + UInt64(part), unitCount: 120)
        var random = RandomNumbers(seed: UInt64(part))
        for _ in 0..<8 {
            let loop = OracleLoop(program: generator.program())
            pair.forBoth(loop.load)
            // Long slices, so that traces are entered; then short ones, which they must not overrun.
            guard pair.run(900_000, longest: 50_000, &random), pair.run(100_000, longest: 300, &random)
            else { return }
        }
        #expect(pair.statistics.traces > 40, "\(pair.statistics)")
        // Nothing is left to the interpreter for want of host registers.
        #expect(pair.statistics.exits.uncompiled == 0)
    }
}
