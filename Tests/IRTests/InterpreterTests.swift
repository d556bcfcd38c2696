// Interruptions, counting, the program counter and the flags byte, by hand-written blocks.
import IR
import MachineCore
import Testing

@Suite struct InterpreterTests {
    private func run(
        _ text: String, _ prepare: (TestState) -> Void = { _ in }
    ) throws -> (run: IRRun<TestFault>, host: TestHost) {
        let block = try IRText.parse(text)
        try IRVerifier(environment: TestLayout.environment, requiresPreciseState: false).verify(block)
        var host = TestHost(state: TestState())
        host.state.programCounter = 0x8000_0000
        prepare(host.state)
        var interpreter = IRInterpreter(environment: TestLayout.environment)
        let run = interpreter.run(block, state: host.state.pointer, host: &host)
        return (run, host)
    }

    private static let faulting = """
        instruction pc+0x0, 2
        %1 = constant 0x7
        store.state 0x8, %1, double
        instruction pc+0x2, 4
        %4 = load.state 0x10, double
        %5 = load %4, word
        store.state 0x8, %5, double
        jump pc+0x6
        """

    @Test func aFaultIsPrecise() throws {
        let (result, host) = try run(Self.faulting) { $0[register: 2] = 0x4000 }
        #expect(result == IRRun(retired: 1, end: .interrupted(TestFault(cause: 5, value: 0x4000))))
        #expect(host.state.programCounter == 0x8000_0002)
        #expect(host.state[register: 1] == 7)
        #expect(host.starts == [[0x8000_0000, 0], [0x8000_0002, 1]])
    }

    @Test func withoutAFaultAllRetire() throws {
        let (result, host) = try run(Self.faulting) { $0[register: 2] = 0x40 }
        #expect(result == IRRun(retired: 2, end: .jumped))
        #expect(host.state.programCounter == 0x8000_0006)
        #expect(host.state[register: 1] == 0)
    }

    @Test(arguments: [(UInt64(5), UInt64(0x8000_0010)), (6, 0x7fff_fff8)])
    func branchesGoBothWays(_ value: UInt64, _ target: UInt64) throws {
        let text = """
            instruction pc+0x0, 4
            %1 = load.state 0x8, double
            %2 = constant 5
            %3 = equal %1, %2
            branch %3, pc+0x10, pc-0x8
            """
        let (result, host) = try run(text) { $0[register: 1] = value }
        #expect(result == IRRun(retired: 1, end: .jumped))
        #expect(host.state.programCounter == target)
    }

    @Test(arguments: [(UInt64(0), false), (1, true)])
    func conditionalRaise(_ value: UInt64, _ raises: Bool) throws {
        let text = """
            instruction pc+0x0, 4
            %1 = load.state 0x8, double
            %2 = constant 1
            %3 = equal %1, %2
            raise.if 0x3, %3, %1
            exit pc+0x4
            """
        let (result, host) = try run(text) { $0[register: 1] = value }
        let fault = IRRun<TestFault>.End.interrupted(TestFault(cause: 3, value: 1))
        #expect(result == IRRun(retired: raises ? 0 : 1, end: raises ? fault : .exited))
        #expect(host.state.programCounter == (raises ? 0x8000_0000 : 0x8000_0004))
    }

    @Test func floatAccruesFlags() throws {
        // 1.0 / 3.0 is inexact (bit 0); bit 4 was there before.
        let text = """
            instruction pc+0x0, 4
            %1 = constant 0
            %2 = constant 0x3ff0000000000000
            %3 = constant 0x4008000000000000
            %4 = float divide.double, %1, %2, %3, %1
            store.state 0x8, %4, double
            exit pc+0x4
            """
        let (_, host) = try run(text) { $0.flags = 16 }
        #expect(host.state[register: 1] == 0x3fd5_5555_5555_5555)
        #expect(host.state.flags == 17)
    }

    /// Nearest, up, and a number that is no mode (nearest).
    @Test(arguments: [(UInt64(0), UInt64(0x55)), (3, 0x56), (77, 0x55)])
    func floatRoundsAsTheValueSays(_ mode: UInt64, _ lastByte: UInt64) throws {
        let text = """
            instruction pc+0x0, 4
            %1 = load.state 0x10, double
            %2 = constant 0x3ff0000000000000
            %3 = constant 0x4008000000000000
            %4 = float divide.double, %1, %2, %3, %1
            store.state 0x8, %4, double
            exit pc+0x4
            """
        let (_, host) = try run(text) { $0[register: 2] = mode }
        #expect(host.state[register: 1] == 0x3fd5_5555_5555_5500 | lastByte)
    }

    @Test func aHelperSeesExactState() throws {
        let text = """
            instruction pc+0x0, 4
            instruction pc+0x4, 4
            %2 = constant 0x22
            store.state 0x8, %2, double
            %4 = helper 0x3, %2, %2
            jump pc+0x8
            """
        let (result, host) = try run(text)
        #expect(result.retired == 2)
        let call = try #require(host.log.first)
        #expect(call.name == "helper" && call.arguments == [3, 0x22, 0x22])
        #expect(call.state[8] == 0x22 && call.state[TestLayout.programCounter] == 4)
        #expect(host.state[register: 3] == 0x45)
    }

    /// Boxed: the low half; not boxed: the canonical NaN (Unprivileged ISA, "NaN Boxing").
    @Test(arguments: [
        (UInt64(0xffff_ffff_3f80_0000), UInt64(0x3f80_0000)), (0xffff_ffff_ffff_ffff, 0xffff_ffff),
        (0xffff_fffe_3f80_0000, 0x7fc0_0000), (0x3f80_0000, 0x7fc0_0000), (0, 0x7fc0_0000),
        (0x7fff_ffff_3f80_0000, 0x7fc0_0000),
    ])
    func singlesAreUnboxed(_ register: UInt64, _ single: UInt64) throws {
        let text = """
            instruction pc+0x0, 4
            %1 = load.state 0x10, double
            %2 = unbox.single %1
            store.state 0x8, %2, double
            jump pc+0x4
            """
        let (_, host) = try run(text) { $0[register: 2] = register }
        #expect(host.state[register: 1] == single)
    }
}
