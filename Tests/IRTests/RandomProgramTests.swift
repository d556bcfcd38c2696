// Random instruction sequences: builder and IR interpreter against plain integers.
import IR
import MachineCore
import Testing

@Suite struct RandomProgramTests {
    @Test func bothInstantiationsAgree() throws {
        var builder = IRBuilder(environment: TestLayout.environment)
        let verifier = IRVerifier(environment: TestLayout.environment, requiresPreciseState: false)
        var seen: Set<IROp> = []
        var faults = 0
        var exits = 0
        var retired = 0
        for seed in 0..<1500 {
            let program = RandomProgram(seed: UInt64(seed))
            let block = program.build(&builder)
            try verifier.verify(block)
            seen.formUnion(block.instructions.map(\.op))
            let expected = program.runReference(count: block.guestInstructionCount)
            let outcome = program.interpret(block)
            try #require(outcome == expected, "seed \(seed):\n\(IRText.print(block))")
            faults += outcome.fault == nil ? 0 : 1
            exits += outcome.hasExited ? 1 : 0
            retired += outcome.retired
        }
        // The programs must reach what they are for.
        #expect(Set(IROp.allCases).subtracting(seen).isEmpty)
        #expect(faults > 150 && exits > 25 && retired > 1500)
    }
}
