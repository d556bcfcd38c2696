// Our side of the semantics oracle: the interpreter in machine mode without address translation.
import MachineCore
@testable import RISCV
import Testing

/// Runs oracle programs on a hart.
final class HartUnderTest {
    private let memory: GuestMemory
    private let hart: Hart
    /// How often each encoding was executed in program bodies, by picture.
    private(set) var executed: [String: Int] = [:]

    init() throws {
        let machine = try TestMachine(base: OracleLayout.base, byteCount: OracleLayout.byteCount)
        memory = machine.memory
        hart = machine.hart
    }

    /// Runs the program without a stop in between.
    func outcome(of program: OracleProgram) -> OracleOutcome? {
        load(program)
        // The program returns to a jump to itself.
        _ = hart.interpret(budget: 8_000)
        return hart.state.pointee.pc == OracleLayout.stop ? result : nil
    }

    /// Runs the program one instruction at a time and counts what its body executes.
    func outcomeCounting(_ program: OracleProgram) -> OracleOutcome? {
        load(program)
        let length = UInt64(program.units.reduce(0) { $0 + $1.count } * 2)
        let body = program.bodyStart..<(program.bodyStart + length)
        for _ in 0..<8_000 {
            let pc = hart.state.pointee.pc
            if pc == OracleLayout.stop { return result }
            if body.contains(pc), let word = memory.load(UInt32.self, at: pc) {
                let bits = word & 3 == 3 ? word : word & 0xffff
                executed[EncodingTable.lookup(bits)?.picture ?? "", default: 0] += 1
            }
            _ = hart.interpret(budget: 1)
        }
        return nil
    }

    private func load(_ program: OracleProgram) {
        hart.reset()
        hart.state.pointee.mstatus |= MachineStatus.fs
        hart.state.pointee.pc = OracleLayout.code
        hart.state.pointee.x[1] = OracleLayout.stop
        #expect(memory.store(Assembly.jal(0, 0), at: OracleLayout.stop))
        #expect(memory.write(program.code, at: OracleLayout.code))
        #expect(memory.write(program.window, at: OracleLayout.window.lowerBound))
        let inputs = QEMUOracle.bytes(program.x + program.f + [program.fcsr])
        #expect(memory.write(inputs, at: OracleLayout.control))
        let outputs = [UInt8](repeating: 0, count: OracleLayout.outputCount)
        #expect(memory.write(outputs, at: OracleLayout.control + UInt64(OracleLayout.outputX)))
    }

    private var result: OracleOutcome? {
        let outputs = OracleLayout.control + UInt64(OracleLayout.outputX)
        guard let registers = memory.bytes(at: outputs, count: OracleLayout.outputCount),
            let window = memory.bytes(at: OracleLayout.window.lowerBound, count: OracleLayout.window.count)
        else { return nil }
        return OracleOutcome(registers: QEMUOracle.words(registers), window: window)
    }
}
