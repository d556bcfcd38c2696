// What the builder writes: terminators, folding, dropping after a raise.
import IR
import MachineCore
import Testing

@Suite struct BuilderTests {
    /// The text of a block whose one instruction, four bytes long, is `body`.
    private func text(_ body: (inout IRBuilder) -> Void) -> [String] {
        var builder = IRBuilder(environment: TestLayout.environment)
        builder.begin()
        builder.startInstruction(length: 4)
        body(&builder)
        return IRText.print(builder.finish()).split(separator: "\n").map(String.init)
    }

    @Test func straightLineGoesOn() {
        #expect(text { _ in } == ["instruction pc+0x0, 4", "jump pc+0x4"])
    }

    @Test func endBlockLeavesByExit() {
        #expect(text { $0.endBlock() } == ["instruction pc+0x0, 4", "exit pc+0x4"])
        #expect(text { $0.endBlock(); $0.jump(offset: -8) } == ["instruction pc+0x0, 4", "exit pc-0x8"])
        let value = text { $0.jump(to: $0.loadState(8, .double)); $0.endBlock() }
        #expect(value.last == "exit.value %1")
    }

    @Test func exitByBranchSelectsTheTarget() {
        let lines = text { builder in
            let a = builder.loadState(8, .double)
            builder.branch(if: builder.isEqual(a, builder.constant(0)), offset: 16)
            builder.endBlock()
        }
        #expect(lines.suffix(4) == [
            "%4 = address pc+0x10", "%5 = address pc+0x4", "%6 = select %3, %4, %5", "exit.value %6",
        ])
    }

    @Test func branchHasBothTargets() {
        let lines = text { builder in
            let a = builder.loadState(8, .double)
            builder.branch(if: builder.isEqual(a, builder.constant(0)), offset: -4)
        }
        #expect(lines.last == "branch %3, pc-0x4, pc+0x4")
    }

    @Test func branchAfterJumpKeepsTheJumpAsOtherTarget() {
        let lines = text { builder in
            builder.jump(offset: 0x20)
            let a = builder.loadState(8, .double)
            builder.branch(if: builder.isEqual(a, builder.constant(0)), offset: 8)
        }
        #expect(lines.last == "branch %3, pc+0x8, pc+0x20")
    }

    @Test func farOtherTargetIsSelected() {
        let lines = text { builder in
            builder.jump(offset: 1 << 40)
            let a = builder.loadState(8, .double)
            builder.branch(if: builder.isEqual(a, builder.constant(0)), offset: 8)
        }
        #expect(lines.last == "jump.value %6")
    }

    @Test func verbsAfterAJumpCount() {
        let lines = text { builder in
            builder.jump(offset: 8)
            builder.storeState(8, builder.programCounter(plus: 4), .double)
        }
        #expect(lines.suffix(2) == ["store.state 0x8, %1, double", "jump pc+0x8"])
    }

    @Test func jumpToKnownDistanceIsDirect() {
        let lines = text { builder in
            let base = builder.programCounter(plus: 0x1000)
            builder.jump(to: builder.add(base, builder.constant(0 &- 0x10)))
        }
        #expect(lines.last == "jump pc+0xff0")
    }

    @Test func raiseDropsTheRest() {
        var builder = IRBuilder(environment: TestLayout.environment)
        builder.begin()
        builder.startInstruction(length: 2)
        builder.jump(offset: 4)
        builder.raise(2, builder.constant(0x55))
        #expect(builder.hasEnded)
        // Results of dropped verbs can be used in further verbs.
        let dropped = builder.add(builder.loadState(8, .double), builder.constant(3))
        builder.storeState(8, builder.select(builder.isEqual(dropped, dropped), dropped, dropped), .double)
        builder.branch(if: builder.isLessSigned(dropped, builder.constant(9)), offset: 8)
        builder.startInstruction(length: 4)
        #expect(builder.guestInstructionCount == 1)
        let block = builder.finish()
        #expect(IRText.print(block) == "instruction pc+0x0, 2\n%1 = constant 0x55\nraise 0x2, %1\n")
    }

    @Test func knownConditionsDecideNow() {
        let never = text { builder in
            let no = builder.isEqual(builder.constant(1), builder.constant(2))
            builder.raise(if: no, 2, builder.constant(0))
            builder.branch(if: no, offset: 64)
        }
        #expect(never.last == "jump pc+0x4")
        #expect(!never.contains { $0.hasPrefix("raise") })
        let always = text { builder in
            let yes = builder.not(builder.isEqual(builder.constant(1), builder.constant(2)))
            builder.branch(if: yes, offset: 64)
        }
        #expect(always.last == "jump pc+0x40")
        let raised = text { builder in
            let yes = builder.isEqual(builder.constant(1), builder.constant(1))
            builder.raise(if: yes, 2, builder.constant(1))
        }
        #expect(raised.last == "raise 0x2, %1")
    }

    @Test func failedCompareAndStoreIsNoAccess() {
        let lines = text { builder in
            let no = builder.isEqual(builder.constant(1), builder.constant(2))
            let a = builder.loadState(8, .double)
            let done = builder.compareAndStore(if: no, a, expected: a, desired: a, .double)
            builder.storeState(8, builder.select(done, a, builder.constant(7)), .double)
        }
        #expect(!lines.contains { $0.contains("compare") })
    }

    @Test func constantsAreShared() {
        let lines = text { builder in
            for _ in 0..<3 { builder.storeState(8, builder.constant(0x1234), .double) }
        }
        #expect(lines.filter { $0.contains("constant") }.count == 1)
    }

    @Test func neutralOperandsVanish() {
        let lines = text { builder in
            let a = builder.loadState(8, .word)
            var value = builder.add(a, builder.constant(0))
            value = builder.or(builder.constant(0), value)
            value = builder.and(value, builder.constant(.max))
            value = builder.multiply(value, builder.constant(1))
            value = builder.shiftLeft(value, by: builder.constant(64))
            value = builder.zeroExtend(value, from: .word)
            #expect(value == a)
        }
        // The marker, the load, four constants that nobody uses, the jump.
        #expect(lines.count == 7)
    }

    @Test func aSecondBlockForgetsTheFirst() {
        var builder = IRBuilder(environment: TestLayout.environment)
        func make() -> IRBlock {
            builder.begin()
            builder.startInstruction(length: 4)
            builder.storeState(8, builder.constant(77), .double)
            builder.raise(3, builder.constant(77))
            return builder.finish()
        }
        let first = make()
        let second = make()
        #expect(second == first)
        // A block handed out keeps its instructions while the builder writes the next.
        let kept = first.instructions
        builder.begin()
        builder.startInstruction(length: 2)
        #expect(builder.finish() != first)
        #expect(first.instructions == kept)
    }
}
