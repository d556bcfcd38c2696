// Whole programs through both instantiations of the semantics: the interpreter and the IR.
import IR
import MachineCore
@testable import RISCV
import Testing

@Suite struct TranslateProgramTests {
    /// What happens to blocks between the translator and the IR interpreter.
    enum Treatment: CaseIterable {
        case none, standardPasses, text

        var passes: PassList {
            switch self {
            case .none: PassList([])
            case .standardPasses: .standard
            case .text: PassList([ThroughText()])
            }
        }
    }

    /// Random programs, compared after every block.
    @Test(arguments: Treatment.allCases)
    func randomProgramsAgree(_ treatment: Treatment) throws {
        let pair = try TranslatePair(passes: treatment.passes)
        var generator = TranslateGenerator(seed: 0x7ab1e)
        var failures = 0
        for _ in 0..<200 where failures < 3 {
            pair.forBoth(generator.program().load)
            if try !agree(pair, budget: 400) { failures += 1 }
        }
        #expect(pair.blockCount >= 20_000 && pair.executedTogether >= 20_000)
        for operation in Operation.allCases {
            #expect(pair.executed[operation, default: 0] >= 25, "\(operation)")
        }
        let interrupts = [Interrupt.machineExternal, .supervisorTimer].map { 1 << 63 | UInt64($0.rawValue) }
        let causes = Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15] + interrupts)
        #expect(causes.subtracting(pair.causes).isEmpty, "\(pair.causes)")
    }

    /// Runs until the hart waits; tells whether both sides were always equal.
    private func agree(_ pair: TranslatePair, budget: UInt64) throws -> Bool {
        let end = pair.translated.hart.executedInstructions + budget
        while pair.translated.hart.executedInstructions < end {
            let rest = end - pair.translated.hart.executedInstructions
            guard let exit = try pair.runBlock(budget: rest) else { return false }
            if exit == .waiting { break }
        }
        return true
    }

    /// Slices of many blocks end where the interpreter's slices end.
    @Test func slicesAgree() throws {
        let pair = try TranslatePair()
        var generator = TranslateGenerator(seed: 0x51_1ce5)
        var random = RandomNumbers(seed: 9)
        for _ in 0..<100 {
            pair.forBoth(generator.program().load)
            for _ in 0..<12 {
                guard let exit = try pair.run(budget: UInt64(random.below(60))) else { return }
                if exit == .waiting { break }
            }
        }
    }

    /// The programs of the oracle: long, well-behaved runs of arithmetic and floating point.
    @Test func oracleProgramsAgree() throws {
        let pair = try TranslatePair(
            base: OracleLayout.base, byteCount: OracleLayout.byteCount, passes: .standard)
        var generator = OracleGenerator(seed: 0x0dd)
        for _ in 0..<150 {
            let program = generator.program()
            pair.forBoth { load(program, into: $0) }
            while pair.translated.pc != OracleLayout.stop {
                guard try pair.runBlock(budget: 64) == .budget else { return }
            }
        }
        for operation in OracleGenerator.encodings.map(\.operation) {
            #expect(pair.executed[operation, default: 0] >= 20, "\(operation)")
        }
    }

    private func load(_ program: OracleProgram, into machine: TestMachine) {
        machine.hart.reset()
        machine.setStatus(MachineStatus.fs)
        machine.pc = OracleLayout.code
        machine[1] = OracleLayout.stop
        let inputs = QEMUOracle.bytes(program.x + program.f + [program.fcsr])
        let parts = [
            (program.code, OracleLayout.code), (program.window, OracleLayout.window.lowerBound),
            (inputs, OracleLayout.control),
        ]
        for (bytes, address) in parts { #expect(machine.memory.write(bytes, at: address)) }
    }
}

/// Not a rewriting: prints each block and goes on with what the text says.
private struct ThroughText: Pass {
    static let name = "text"

    func run(_ block: IRBlock, _ environment: IREnvironment) -> IRBlock {
        do {
            let parsed = try IRText.parse(IRText.print(block))
            if parsed != block { Issue.record("the text means another block:\n\(IRText.print(block))") }
            return parsed
        } catch {
            Issue.record("\(error)\n\(IRText.print(block))")
            return block
        }
    }
}
