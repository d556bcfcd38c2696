// Code that changes while it runs, on the fast engine: what is written is executed at once, on both engines.
import MachineCore
@testable import RISCV
import Testing

@Suite struct JITSelfModifyingTests {
    @Test(arguments: 0..<4) func loopsThatWriteThemselvesAgree(_ part: Int) throws {
        let pair = try HartPair()
        var random = RandomNumbers(seed: UInt64(part))
        for index in 0..<12 {
            let program = SelfModifyingProgram(seed: 0x5e1f_0000 + UInt64(part * 100 + index))
            pair.forBoth(program.load)
            guard pair.run(60_000, longest: random.pick([100, 2000, 20_000]), &random) else { return }
        }
        #expect(pair.statistics.invalidations > 1000, "\(pair.statistics)")
    }
}
