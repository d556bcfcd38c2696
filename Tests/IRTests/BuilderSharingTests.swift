// What the builder writes only once: equal values, checked conditions; and what it folds.
import IR
import MachineCore
import Testing

@Suite struct BuilderSharingTests {
    private func lines(_ body: (inout IRBuilder) -> Void) -> [String] {
        var builder = IRBuilder(environment: TestLayout.environment)
        builder.begin()
        builder.startInstruction(length: 4)
        body(&builder)
        return IRText.print(builder.finish()).split(separator: "\n").map(String.init)
    }

    private func count(_ name: String, in lines: [String]) -> Int {
        lines.filter { $0.contains(name) }.count
    }

    // MARK: Sharing

    /// The builder's table is small: a value can be displaced by another one, but not often.
    @Test func equalValuesAreWrittenOnce() {
        var builder = IRBuilder(environment: TestLayout.environment)
        let shared = Verb.allCases.filter { verb in
            builder.begin()
            builder.startInstruction(length: 4)
            let (a, b) = (builder.loadState(8, .double), builder.loadState(16, .double))
            let first = verb.apply(&builder, a, b)
            return verb.apply(&builder, a, b) == first
        }
        #expect(shared.count >= Verb.allCases.count - 2, "\(shared)")
    }

    @Test func differentValuesAreNotShared() {
        _ = lines { builder in
            let (a, b) = (builder.loadState(8, .double), builder.loadState(16, .double))
            #expect(builder.subtract(a, b) != builder.subtract(b, a))
            #expect(builder.add(a, b) != builder.subtract(a, b))
            #expect(builder.signExtend(a, from: .word) != builder.signExtend(a, from: .half))
            #expect(builder.signExtend(a, from: .word) != builder.zeroExtend(a, from: .word))
            #expect(builder.isLessSigned(a, b) != builder.isLessUnsigned(a, b))
            #expect(builder.programCounter(plus: 8) != builder.programCounter(plus: 16))
            #expect(builder.programCounter(plus: 8) != builder.constant(8))
            #expect(builder.constant(8) != builder.constant(8 << 32))
        }
    }

    /// Memory may change, and so may the flags that an operation raises.
    @Test func effectsAreNotShared() {
        let lines = lines { builder in
            let a = builder.loadState(8, .double)
            for _ in 0..<2 {
                _ = builder.load(a, .double)
                builder.store(a, a, .double)
                _ = builder.atomicUpdate(.exchange, a, a, .word)
                _ = builder.compareAndStore(
                    if: builder.isEqual(a, builder.constant(1)), a, expected: a, desired: a, .double)
                _ = builder.float(.add(.double), rounding: a, a, a, a)
                _ = builder.callHelper(1, a, a)
                builder.fence(.full)
            }
        }
        for name in ["= load %", "store %1", "atomic", "compare.and.store", "float", "helper", "fence"] {
            #expect(count(name, in: lines) == 2, "\(name)")
        }
    }

    /// The address of an instruction is relative to the block.
    @Test func addressesFollowTheInstruction() {
        _ = lines { builder in
            let here = builder.programCounter(plus: 4)
            builder.startInstruction(length: 4)
            #expect(builder.programCounter(plus: 0) == here)
            #expect(builder.programCounter(plus: 4) != here)
        }
    }

    // MARK: Checks

    @Test func aConditionIsCheckedOnce() {
        let lines = lines { builder in
            let a = builder.loadState(8, .double)
            builder.raise(if: builder.isEqual(a, builder.constant(0)), 2, a)
            builder.startInstruction(length: 4)
            builder.raise(if: builder.isEqual(a, builder.constant(0)), 2, a)
            builder.startInstruction(length: 4)
            // Another cause would be raised no sooner.
            builder.raise(if: builder.isEqual(a, builder.constant(0)), 3, a)
        }
        #expect(count("raise.if", in: lines) == 1)
    }

    @Test func otherConditionsAreChecked() {
        let lines = lines { builder in
            let (a, b) = (builder.loadState(8, .double), builder.loadState(16, .double))
            let isZero = builder.isEqual(a, builder.constant(0))
            builder.raise(if: isZero, 2, a)
            builder.raise(if: builder.not(isZero), 2, a)
            builder.raise(if: builder.isEqual(b, builder.constant(0)), 2, a)
            builder.raise(if: builder.isEqual(a, b), 2, a)
            _ = builder.callHelper(1, a, b)
            // The register may hold something else now.
            builder.raise(if: builder.isEqual(builder.loadState(8, .double), builder.constant(0)), 2, a)
        }
        #expect(count("raise.if", in: lines) == 5)
    }

    @Test func aSecondBlockChecksAgain() {
        var builder = IRBuilder(environment: TestLayout.environment)
        for _ in 0..<2 {
            builder.begin()
            builder.startInstruction(length: 4)
            let a = builder.loadState(8, .double)
            builder.raise(if: builder.isEqual(a, builder.constant(0)), 2, a)
            #expect(IRText.print(builder.finish()).contains("raise.if"))
        }
    }

    // MARK: Bits that are known

    @Test func bitsThatAnOrHasSet() {
        let lines = lines { builder in
            let ored = builder.or(builder.loadState(8, .double), builder.constant(0x6000))
            #expect(builder.and(ored, builder.constant(0x6000)) == builder.constant(0x6000))
            #expect(builder.and(builder.constant(0x2000), ored) == builder.constant(0x2000))
            #expect(builder.or(ored, builder.constant(0x4000)) == ored)
            #expect(builder.or(builder.constant(0x6000), ored) == ored)
        }
        #expect(count(" and ", in: lines) == 0 && count(" or ", in: lines) == 1)
    }

    @Test func otherBitsAreComputed() {
        let lines = lines { builder in
            let ored = builder.or(builder.loadState(8, .double), builder.constant(0x6000))
            #expect(builder.and(ored, builder.constant(0x7000)) != builder.constant(0x7000))
            #expect(builder.or(ored, builder.constant(0x1000)) != ored)
        }
        #expect(count(" and ", in: lines) == 1 && count(" or ", in: lines) == 2)
    }

    @Test func theCheckOfAUnitThatIsOnForSure() {
        let lines = lines { builder in
            let bits = builder.constant(0x6000)
            builder.storeState(8, builder.or(builder.loadState(8, .double), bits), .double)
            builder.startInstruction(length: 4)
            let unit = builder.and(builder.loadState(8, .double), bits)
            builder.raise(if: builder.isEqual(unit, builder.constant(0)), 2, bits)
            // It is on already: nothing to store.
            builder.storeState(8, builder.or(builder.loadState(8, .double), bits), .double)
        }
        #expect(count("raise", in: lines) == 0 && count("store.state", in: lines) == 1)
    }

    @Test func twoShiftsAreAnExtension() {
        let lines = lines { builder in
            let a = builder.loadState(8, .double)
            let amount = builder.constant(32)
            let extended = builder.shiftRightLogical(builder.shiftLeft(a, by: amount), by: amount)
            #expect(extended == builder.zeroExtend(a, from: .word))
            let other = builder.shiftRightLogical(builder.shiftLeft(a, by: amount), by: builder.constant(31))
            #expect(other != extended)
        }
        #expect(count("zero.extend", in: lines) == 1 && count("shift.right.logical", in: lines) == 1)
    }

    // MARK: Singles

    @Test func whatWasBoxedIsTakenOutOfTheBox() {
        let lines = lines { builder in
            let box = builder.constant(0xffff_ffff_0000_0000)
            let single = builder.float(.add(.single), rounding: box, box, box, box)
            #expect(builder.unboxSingle(builder.or(single, box)) == single)
            let loaded = builder.load(box, .word)
            builder.storeState(8, builder.or(loaded, box), .double)
            #expect(builder.unboxSingle(builder.loadState(8, .double)) == loaded)
        }
        #expect(count("unbox", in: lines) == 0)
    }

    /// Of a boxed value with more than 32 bits only the low ones are the single.
    @Test func aWideValueInABoxIsCut() {
        let lines = lines { builder in
            let box = builder.constant(0xffff_ffff_0000_0000)
            let wide = builder.loadState(8, .double)
            let single = builder.unboxSingle(builder.or(wide, box))
            #expect(single == builder.zeroExtend(wide, from: .word))
        }
        #expect(count("unbox", in: lines) == 0)
    }

    @Test func otherValuesAreUnboxed() {
        let lines = lines { builder in
            let register = builder.loadState(8, .double)
            let single = builder.unboxSingle(register)
            #expect(builder.unboxSingle(register) == single)
            // It is zero-extended already.
            #expect(builder.zeroExtend(single, from: .word) == single)
            #expect(builder.zeroExtend(single, from: .half) != single)
            _ = builder.unboxSingle(builder.or(register, builder.constant(0xffff_fff0_0000_0000)))
            _ = builder.unboxSingle(builder.and(register, builder.constant(0xffff_ffff_0000_0000)))
        }
        #expect(count("unbox", in: lines) == 3)
    }
}
