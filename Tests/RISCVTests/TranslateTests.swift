// The translator: what blocks look like, where they end, and that they stop as exactly as interpretation.
import IR
import MachineCore
@testable import RISCV
import Testing

@Suite struct TranslateTests {
    private typealias A = Assembly

    private static let code = TestMachine.code

    /// Translates instructions that lie at `start`; nothing can be fetched behind them.
    private func translate(
        _ words: [UInt32], at start: UInt64 = 0x1000, limit: Int = RISCVTranslator.standardLimit
    ) -> IRBlock? {
        var code: [UInt64: UInt32] = [:]
        var address = start
        for word in words {
            code[address] = word
            address &+= word & 3 == 3 ? 4 : 2
        }
        var translator = RISCVTranslator()
        return translator.translateBlock(at: start, limit: limit) { code[$0] }
    }

    // MARK: Blocks

    @Test func environmentDescribesTheState() {
        let environment = RISCVTranslator.environment
        #expect(environment.stateByteCount == MemoryLayout<HartState>.size)
        #expect(environment.programCounterOffset == MemoryLayout<HartState>.offset(of: \.pc))
        #expect(environment.floatFlagsOffset == MemoryLayout<HartState>.offset(of: \.floatFlags))
    }

    @Test func blocksReadLikeTheInstructions() throws {
        // addi a0, a0, 1; lw a1, 4(a0); bne a1, zero, -8
        let block = try #require(translate([A.addi(10, 10, 1), A.lw(11, 4, 10), A.b(1, 11, 0, -8)]))
        #expect(
            IRText.print(block) == """
                instruction pc+0x0, 4
                %1 = load.state 0x50, double
                %2 = constant 0x1
                %3 = add %1, %2
                store.state 0x50, %3, double
                instruction pc+0x4, 4
                %6 = constant 0x4
                %7 = add %3, %6
                %8 = load %7, word
                %9 = sign.extend %8, word
                store.state 0x58, %9, double
                instruction pc+0x8, 4
                %12 = constant 0x0
                %13 = equal %9, %12
                %14 = not %13
                branch %14, pc+0x0, pc+0xc

                """)
    }

    /// Every encoding makes a legal block that changes state last, also after the passes.
    @Test func everyOperationTranslates() throws {
        let environment = RISCVTranslator.environment
        let precise = IRVerifier(environment: environment)
        let relaxed = IRVerifier(environment: environment, requiresPreciseState: false)
        var random = RandomNumbers(seed: 5)
        var operations: Set<Operation> = []
        for encoding in EncodingTable.full + EncodingTable.compressed {
            for _ in 0..<40 {
                let bits = encoding.filled(&random)
                let block = try #require(translate([bits]))
                operations.insert(Instruction(decoding: bits).operation)
                try precise.verify(block)
                try relaxed.verify(PassList.standard.run(block, environment))
                #expect(try IRText.parse(IRText.print(block)) == block)
                #expect(block.guestInstructionCount == 1 && block.guestByteCount == encoding.width / 8)
            }
        }
        #expect(operations == Set(Operation.allCases))
    }

    /// What may go on elsewhere, or change what follows, is the last of its block.
    @Test func controlEndsBlocks() throws {
        let last = [
            A.jal(1, 8), A.jalr(0, 0, 1), A.beq(1, 2, 8), A.ecall, A.ebreak, A.mret, A.sret, A.wfi, A.fenceI,
            A.csrrs(5, 0x300, 0), A.sfenceVMA(0, 0), 0, 0xffff_ffff,
        ]
        for word in last {
            let block = try #require(translate([A.nop, word, A.nop, A.nop]))
            #expect(block.guestInstructionCount == 2, "\(String(word, radix: 16))")
        }
        for word in [A.ld(5, 0, 6), A.scD(5, 6, 7), A.cboZero(5), A.faddS, 0x0ff0_000f] {
            let block = try #require(translate([A.nop, word, A.nop, A.nop]))
            #expect(block.guestInstructionCount == 4, "\(String(word, radix: 16))")
        }
    }

    @Test func blocksEndAtTheLimitAndAtThePage() throws {
        let nops = [UInt32](repeating: A.nop, count: 2000)
        #expect(translate(nops)?.guestInstructionCount == 64)
        #expect(translate(nops, limit: 7)?.guestInstructionCount == 7)
        #expect(translate(nops, limit: 0)?.guestInstructionCount == 1)
        #expect(translate(nops, at: 0x1f00, limit: 100)?.guestByteCount == 0x100)
        // An instruction across the page's end, and anything in its last two bytes, is alone.
        #expect(translate(nops, at: 0x1f02, limit: 100)?.guestByteCount == 0xfc)
        #expect(translate(nops, at: 0x1ffe)?.guestByteCount == 4)
        #expect(translate([1, A.nop, A.nop], at: 0x1ffe)?.guestByteCount == 2)
        // The last page of the address space.
        #expect(translate(nops, at: 0xffff_ffff_ffff_fff8)?.guestByteCount == 8)
    }

    @Test func blocksEndWhereNothingCanBeFetched() throws {
        #expect(translate([]) == nil)
        let block = try #require(translate([A.nop, A.nop]))
        #expect(block.guestInstructionCount == 2)
        #expect(block.instructions.last == IRInstruction(.jump, immediate: 8))
        #expect(translate([0x4501])?.guestByteCount == 2)
    }

    // MARK: Running

    /// Places the same code in both machines, which then run it in machine mode.
    private func pair(_ words: [UInt32], servesSupervisorCalls: Bool = false) throws -> TranslatePair {
        let pair = try TranslatePair(servesSupervisorCalls: servesSupervisorCalls)
        pair.forBoth { machine in
            machine.openProtection()
            machine.place(words)
            machine[6] = TestMachine.data
            machine[7] = TranslatePair.deviceRange.lowerBound
        }
        return pair
    }

    /// The interrupt that a device's register raises is taken before the next instruction, although that
    /// is in the same straight line of code.
    @Test func interruptsAreExact() throws {
        let store = A.sw(8, 0, 7)
        let pair = try pair([A.addi(8, 0, 1), A.addi(9, 0, 1), store, A.addi(9, 0, 2), A.addi(9, 0, 3)])
        pair.forBoth { machine in
            machine[.mie] = Interrupt.machineExternal.bit
            machine.setStatus(MachineStatus.mie)
            machine.place([A.nop, A.nop], at: TestMachine.machineHandler)
        }
        #expect(try pair.run(budget: 5) == .budget)
        #expect(pair.translated.pc == TestMachine.machineHandler + 8)
        #expect(pair.translated[.mepc] == Self.code + 12 && pair.translated[9] == 1)
        #expect(pair.translated[.mcause] == UInt64(1) << 63 | 11)
    }

    @Test func requestsToExitAreExact() throws {
        let pair = try pair([A.addi(9, 0, 1), A.sw(0, 0, 7), A.addi(9, 0, 2)])
        #expect(try pair.run(budget: 3) == .attention)
        #expect(pair.translated.pc == Self.code + 8 && pair.translated[9] == 1)
        #expect(try pair.run(budget: 1) == .budget)
        #expect(pair.translated[9] == 2)
    }

    /// The device shows the time of the instruction that reads it, in the middle of a line.
    @Test func timeIsExact() throws {
        let pair = try pair([A.nop, A.nop, A.nop, A.ld(8, 0, 7), A.nop, A.csrrs(9, CSR.instret.rawValue, 0)])
        #expect(try pair.run(budget: 6) == .budget)
        #expect(pair.translated[8] == 30 && pair.translated[9] == 5)
    }

    /// A store into the next instruction of its own block.
    @Test func changedCodeIsSeen() throws {
        let new = A.addi(9, 0, 77)
        let pair = try pair([A.auipc(5, 0), A.nop, A.sw(8, 16, 5), A.nop, A.addi(9, 0, 1), A.nop])
        pair.forBoth { $0[8] = UInt64(new) }
        #expect(try pair.run(budget: 6) == .budget)
        #expect(pair.translated[9] == 77)
    }

    /// Where protection splits a page, each fetch is checked anew, so nothing is fetched ahead.
    @Test func splitPagesAreNotFetchedAhead() throws {
        let pair = try pair([A.nop, A.addi(9, 0, 1), A.nop])
        pair.forBoth { machine in
            // Entry 0 takes the page's upper half from supervisor mode (NAPOT, 2 KiB).
            machine.hart.writeCSR(0x3b0, (Self.code + 0x800) >> 2 | 0xff)
            machine.hart.writeCSR(0x3a0, 0x18)
            machine.enter(.supervisor)
        }
        let before = pair.translated.hart.executedInstructions
        #expect(try pair.runBlock(budget: 3) == .budget)
        #expect(pair.translated.hart.executedInstructions == before + 1)
        #expect(try pair.run(budget: 2) == .budget)
        #expect(pair.translated.pc == Self.code + 12)
    }

    @Test func fetchFaultsAreTaken() throws {
        let pair = try pair([A.jalr(0, 0, 8)])
        pair.forBoth { $0[8] = 0x9000_0000 }
        #expect(try pair.run(budget: 2) == .budget)
        #expect(pair.translated[.mcause] == 1 && pair.translated[.mepc] == 0x9000_0000)
    }

    @Test func servedCallsEndTheRun() throws {
        let pair = try pair([A.nop, A.ecall, A.addi(9, 0, 1)], servesSupervisorCalls: true)
        pair.forBoth { $0.enter(.supervisor) }
        #expect(try pair.run(budget: 5) == .environmentCall)
        #expect(pair.translated.pc == Self.code + 4)
        pair.forBoth { $0.hart.completeEnvironmentCall(error: 0, value: 1) }
        #expect(try pair.run(budget: 1) == .budget)
        #expect(pair.translated[9] == 1 && pair.translated[11] == 1)
    }
}
