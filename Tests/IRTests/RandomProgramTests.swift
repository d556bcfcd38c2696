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
        // The programs must reach what they are for; traces have their own, and flags and vectors are no verbs.
        let others: Set<IROp> = [
            .exitIf, .exitToValueIf, .statusFlags, .flagsHold, .vector, .loadVector, .storeVector,
        ]
        #expect(Set(IROp.allCases).subtracting(seen) == others)
        #expect(faults > 150 && exits > 25 && retired > 1500)
    }

    /// Traces, made along the way that a first state takes, and run from other states.
    @Test func tracesAgree() throws {
        var builder = IRBuilder(environment: TestLayout.environment)
        let verifier = IRVerifier(environment: TestLayout.environment, requiresPreciseState: false)
        var seen: Set<IROp> = []
        var (whole, early) = (0, 0)
        for seed in 0..<1500 {
            let program = RandomTrace(seed: 0x7ace_0000 + UInt64(seed))
            let block = program.build(&builder)
            try verifier.verify(block)
            seen.formUnion(block.instructions.map(\.op))
            for state in program.states {
                let expected = program.runReference(from: state, count: block.guestInstructionCount)
                let outcome = program.interpret(block, from: state)
                try #require(outcome == expected, "seed \(seed):\n\(IRText.print(block))")
                let isWhole = outcome.retired == block.guestInstructionCount
                if isWhole { whole += 1 } else if outcome.fault == nil { early += 1 }
            }
        }
        #expect(seen.isSuperset(of: [.exitIf, .exitToValueIf]))
        #expect(whole > 1500 && early > 80, "\(whole) whole, \(early) left early")
    }
}
