// What the semantics oracle can not judge, against the manual.
@testable import RISCV
import Testing

@Suite struct OracleGapTests {
    /// `ctzw` counts in the low word only: qemu 7.2 looks beyond it when that is zero.
    @Test(arguments: [0, 1 << 32, 1 << 63, 0xffff_ffff_0000_0000] as [UInt64])
    func trailingZerosOfAZeroWord(_ value: UInt64) throws {
        let machine = try TestMachine()
        machine[6] = value
        #expect(machine.execute(0x6013_129b) == .done)
        #expect(machine[5] == 32)
    }
}
