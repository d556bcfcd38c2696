// Traces: blocks that follow jumps and branches, and are left where the code goes another way.
import IR
import MachineCore
import Testing

@Suite struct BuilderTraceTests {
    /// A builder in whose block one instruction of four bytes stands.
    private func builder(_ body: (inout IRBuilder) -> Void) -> IRBuilder {
        var builder = IRBuilder(environment: TestLayout.environment)
        builder.begin()
        builder.startInstruction(length: 4)
        body(&builder)
        return builder
    }

    private func branch(_ builder: inout IRBuilder) {
        let isZero = builder.isEqual(builder.loadState(8, .double), builder.constant(0))
        builder.branch(if: isZero, offset: 0x40)
    }

    /// The lines after following to `distance`, with one more instruction there.
    private func followed(_ start: IRBuilder, to distance: Int64) -> [String]? {
        var builder = start
        guard builder.follow(to: distance) else { return nil }
        builder.startInstruction(length: 2)
        let block = builder.finish()
        #expect(block.guestInstructionCount == 2)
        #expect(block.isTrace == (distance != 4))
        return IRText.print(block).split(separator: "\n").map(String.init)
    }

    @Test func aJumpIsFollowedForNothing() {
        let jump = builder { $0.jump(offset: -0x20) }
        #expect(followed(jump, to: -0x20) == ["instruction pc+0x0, 4", "instruction pc-0x20, 2", "jump pc-0x1e"])
        #expect(followed(jump, to: 4) == nil)
    }

    @Test func aStraightLineIsFollowedToTheNextInstructionOnly() {
        let nothing = builder { _ in }
        #expect(followed(nothing, to: 4) == ["instruction pc+0x0, 4", "instruction pc+0x4, 2", "jump pc+0x6"])
        #expect(followed(nothing, to: 8) == nil)
    }

    @Test func aBranchIsFollowedBothWays() {
        let start = builder(branch)
        let taken = followed(start, to: 0x40)
        #expect(taken?.suffix(4) == [
            "%4 = not %3", "exit.if pc+0x4, %4", "instruction pc+0x40, 2", "jump pc+0x42",
        ])
        let otherwise = followed(start, to: 4)
        #expect(otherwise?.suffix(3) == ["exit.if pc+0x40, %3", "instruction pc+0x4, 2", "jump pc+0x6"])
        #expect(followed(start, to: 8) == nil)
    }

    @Test func aComputedJumpIsCompared() {
        let start = builder { $0.jump(to: $0.loadState(8, .double)) }
        #expect(followed(start, to: 0x100)?.suffix(6) == [
            "%2 = address pc+0x100", "%3 = equal %1, %2", "%4 = not %3", "exit.value.if %4, %1",
            "instruction pc+0x100, 2", "jump pc+0x102",
        ])
    }

    @Test func whatEndsABlockEndsATrace() {
        #expect(followed(builder { $0.endBlock() }, to: 4) == nil)
        #expect(followed(builder { $0.raise(2, $0.constant(0)) }, to: 4) == nil)
    }

    @Test func aLoopIsClosed() {
        var loop = builder { _ in }
        loop.startInstruction(length: 4)
        let isZero = loop.isEqual(loop.loadState(8, .double), loop.constant(0))
        loop.branch(if: loop.not(isZero), offset: -4)
        loop.close(to: 0)
        let lines = IRText.print(loop.finish()).split(separator: "\n").map(String.init)
        #expect(lines.suffix(2) == ["exit.if pc+0x8, %4", "jump pc+0x0"])
    }

    /// What is known and checked stays so on the way that the trace takes.
    @Test func knowledgeFollowsTheTrace() {
        var builder = builder { builder in
            let a = builder.loadState(8, .double)
            builder.raise(if: builder.isEqual(a, builder.constant(0)), 2, a)
            builder.jump(offset: 0x10)
        }
        _ = builder.follow(to: 0x10)
        builder.startInstruction(length: 4)
        let a = builder.loadState(8, .double)
        builder.raise(if: builder.isEqual(a, builder.constant(0)), 2, a)
        _ = builder.programCounter(plus: 0)
        let lines = IRText.print(builder.finish()).split(separator: "\n")
        #expect(lines.filter { $0.contains("raise.if") }.count == 1)
        #expect(lines.filter { $0.contains("load.state") }.count == 1)
        #expect(lines.contains { $0.hasSuffix("address pc+0x10") })
    }

    @Test func theGuestRangeSpansAllInstructions() {
        var builder = builder { $0.jump(offset: -0x100) }
        _ = builder.follow(to: -0x100)
        builder.startInstruction(length: 4)
        builder.jump(offset: 0x180)
        _ = builder.follow(to: 0x80)
        builder.startInstruction(length: 2)
        let block = builder.finish()
        #expect(block.guestRange == -0x100..<0x82)
        #expect(block == IRBlock(block.instructions))
    }

    /// Both kinds of early exit, as the IR interpreter takes them.
    @Test(arguments: [(UInt64(0), 1, UInt64(0x8000_0040)), (1, 2, 0x9000_0000), (2, 3, 0x8000_1000)])
    func earlyExitsCountAndLeave(_ value: UInt64, _ retired: Int, _ target: UInt64) throws {
        let text = """
            instruction pc+0x0, 4
            %1 = load.state 0x8, double
            %2 = constant 0
            %3 = equal %1, %2
            exit.if pc+0x40, %3
            instruction pc+0x10, 4
            %6 = constant 1
            %7 = equal %1, %6
            %8 = constant 0x90000000
            store.state 0x10, %8, double
            exit.value.if %7, %8
            instruction pc+0x4, 4
            jump pc+0x1000
            """
        let block = try IRText.parse(text)
        try IRVerifier(environment: TestLayout.environment).verify(block)
        var host = TestHost(state: TestState())
        host.state.programCounter = 0x8000_0000
        host.state[register: 1] = value
        var interpreter = IRInterpreter(environment: TestLayout.environment)
        let run = interpreter.run(block, state: host.state.pointer, host: &host)
        #expect(run == IRRun<TestFault>(retired: retired, end: .jumped))
        #expect(host.state.programCounter == target)
        #expect(host.state[register: 2] == (value == 0 ? 0 : 0x9000_0000))
    }

    /// State is seen where a trace is left, so a store before that is not dead.
    @Test func storesBeforeAnEarlyExitStay() throws {
        let block = try IRText.parse(
            """
            instruction pc+0x0, 4
            %1 = load.state 0x10, double
            store.state 0x8, %1, double
            %3 = equal %1, %1
            exit.if pc+0x40, %3
            store.state 0x8, %1, double
            jump pc+0x4
            """)
        #expect(DeadStateStores().run(block, TestLayout.environment) == block)
    }
}
