// Random programs on the fast engine and on the precise one.
import MachineCore
@testable import RISCV
import Testing

@Suite struct JITProgramTests {
    /// Everything at once: all operations, faults, traps, paging, devices, changed code.
    @Test(arguments: 0..<4) func randomProgramsAgree(_ part: Int) throws {
        let pair = try HartPair(servesSupervisorCalls: part == 3)
        var generator = TranslateGenerator(seed: 0x717_0000 + UInt64(part))
        var random = RandomNumbers(seed: UInt64(part))
        for _ in 0..<250 {
            pair.forBoth(generator.program().load)
            guard pair.run(1500, &random) else { return }
        }
        #expect(pair.statistics.blocks > 5000)
        let timer: UInt64 = 1 << 63 | UInt64(Interrupt.supervisorTimer.rawValue)
        let causes: Set<UInt64> = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 15, timer]
        #expect(causes.subtracting(pair.causes).isEmpty, "\(pair.causes)")
    }
}
