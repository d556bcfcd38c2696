// Passes change nothing that can be seen from outside, and do remove what they are for.
import IR
import MachineCore
import Testing

@Suite struct PassTests {
    private static let passes: [any Pass] = [DeadStateStores()]

    /// The first program of `count` whose outcome changes, and how many instructions went in all.
    private func compare(_ list: PassList, count: Int) throws -> (changed: Int?, removed: Int) {
        var builder = IRBuilder(environment: TestLayout.environment)
        let verifier = IRVerifier(environment: TestLayout.environment, requiresPreciseState: false)
        var removed = 0
        for seed in 0..<count {
            let program = RandomProgram(seed: 0x9a55_0000 + UInt64(seed))
            let block = program.build(&builder)
            let rewritten = list.run(block, TestLayout.environment)
            try verifier.verify(rewritten)
            removed += block.instructions.count - rewritten.instructions.count
            if program.interpret(rewritten) != program.interpret(block) { return (seed, removed) }
        }
        return (nil, removed)
    }

    @Test(arguments: 0..<1) func eachPassKeepsOutcomes(_ number: Int) throws {
        let result = try compare(PassList([Self.passes[number]]), count: 1000)
        #expect(result.changed == nil)
        #expect(result.removed > 50)
    }

    @Test func allPassesTogether() throws {
        let result = try compare(.standard, count: 1000)
        #expect(result.changed == nil)
    }

    /// The comparison must be able to fail: a pass with a mistake.
    @Test func wrongPassesAreCaught() throws {
        #expect(try compare(PassList([NextStoreDropper()]), count: 2000).changed != nil)
    }

    private func rewritten(_ text: String, _ pass: any Pass) throws -> [String] {
        let block = try IRText.parse(text)
        let result = PassList([pass]).run(block, TestLayout.environment)
        return IRText.print(result).split(separator: "\n").map(String.init)
    }

    /// Two halves cover a whole; a read of one byte saves the store before it.
    @Test func deadStoresAreJudgedByBytes() throws {
        let lines = try rewritten(
            """
            instruction pc+0x0, 4
            %1 = constant 0x1
            store.state 0x11c, %1, double
            store.state 0x8, %1, double
            store.state 0x8, %1, word
            store.state 0xc, %1, word
            store.state 0x118, %1, double
            %7 = load.state 0x10f, byte
            store.state 0x120, %1, word
            jump.value %7
            """, DeadStateStores())
        #expect(!lines.contains("store.state 0x11c, %1, double"))
        #expect(!lines.contains("store.state 0x8, %1, double"))
        let kept = try rewritten(
            """
            instruction pc+0x0, 4
            %1 = constant 0x1
            store.state 0x11c, %1, double
            %3 = load.state 0x123, byte
            store.state 0x118, %1, double
            store.state 0x120, %1, word
            jump.value %3
            """, DeadStateStores())
        #expect(kept.contains("store.state 0x11c, %1, double"))
    }

    @Test func deadStoresGolden() throws {
        let lines = try rewritten(
            """
            instruction pc+0x0, 4
            %1 = constant 0x1
            store.state 0x8, %1, double
            store.state 0x10, %1, double
            store.state 0x18, %1, double
            %5 = load.state 0x18, word
            instruction pc+0x4, 4
            store.state 0xc, %1, word
            store.state 0x8, %1, double
            store.state 0x18, %1, double
            %10 = load %1, byte
            store.state 0x10, %1, double
            store.state 0x8, %1, double
            jump pc+0x8
            """, DeadStateStores())
        #expect(
            lines == [
                "instruction pc+0x0, 4", "%1 = constant 0x1", "store.state 0x10, %1, double",
                "store.state 0x18, %1, double", "%4 = load.state 0x18, word", "instruction pc+0x4, 4",
                "store.state 0x8, %1, double", "store.state 0x18, %1, double", "%8 = load %1, byte",
                "store.state 0x10, %1, double", "store.state 0x8, %1, double", "jump pc+0x8",
            ])
    }
}

/// Wrong: drops a store to state if any later store covers it, whatever is in between.
private struct NextStoreDropper: Pass {
    static var name: String { "next store dropper" }

    func run(_ block: IRBlock, _ environment: IREnvironment) -> IRBlock {
        var stored: Set<UInt64> = []
        var kept = block.instructions
        for index in kept.indices.reversed() where kept[index].op == .storeState && kept[index].width == 8 {
            if !stored.insert(kept[index].immediate).inserted {
                kept[index] = IRInstruction(.constant, immediate: 0)
            }
        }
        return IRBlock(kept)
    }
}
