// The oracle's programs in endless loops, so that their code becomes hot.
import MachineCore
@testable import RISCV

/// Runs one oracle program again and again, each time with the values of its registers in other ones.
struct OracleLoop {
    let program: OracleProgram

    /// Moves the registers' values on by one place, and the rounding mode to the next; then the program runs
    /// again. x1 leads back here.
    private static let between: [UInt32] = {
        let (table, first, value, end) = (5, 6, 7, 8)
        let control = Assembly.lui(table, Int32(OracleLayout.control))
        let rotation = [
            control, Assembly.ld(first, 0, table), Assembly.addi(end, table, 63 * 8),
            Assembly.ld(value, 8, table), Assembly.sd(value, 0, table), Assembly.addi(table, table, 8),
            Assembly.b(1, table, end, -12), Assembly.sd(first, 0, table),
        ]
        let rounding = [
            control, Assembly.ld(value, OracleLayout.inputFCSR, table), Assembly.addi(value, value, 32),
            Assembly.addi(end, 0, 5 << 5), Assembly.b(6, value, end, 8), Assembly.addi(value, value, -5 << 5),
            Assembly.sd(value, OracleLayout.inputFCSR, table),
        ]
        let body = rotation + rounding
        let distance = Int32(OracleLayout.code) - Int32(OracleLayout.stop) - Int32(body.count * 4)
        return body + [Assembly.jal(1, distance), Assembly.jal(0, Int32(-4 * (body.count + 1)))]
    }()

    func load(into machine: TestMachine) {
        machine.hart.reset()
        machine.setStatus(MachineStatus.fs)
        machine.pc = OracleLayout.stop
        machine.place(Self.between, at: OracleLayout.stop)
        _ = machine.memory.write(program.code, at: OracleLayout.code)
        _ = machine.memory.write(program.window, at: OracleLayout.window.lowerBound)
        let inputs = QEMUOracle.bytes(program.x + program.f + [program.fcsr])
        _ = machine.memory.write(inputs, at: OracleLayout.control)
    }
}
