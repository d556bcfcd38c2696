// What the builder knows of CPU state: loads that need not be written, stores that change nothing.
import IR
import MachineCore
import Testing

@Suite struct BuilderStateTests {
    private let scratch = TestLayout.scratch.lowerBound

    /// The lines of a block whose one instruction is `body`, without its marker and its jump.
    private func lines(
        _ environment: IREnvironment = TestLayout.environment, _ body: (inout IRBuilder) -> Void
    ) -> [String] {
        var builder = IRBuilder(environment: environment)
        builder.begin()
        builder.startInstruction(length: 4)
        body(&builder)
        let text = IRText.print(builder.finish()).split(separator: "\n").map(String.init)
        return Array(text.dropFirst().dropLast())
    }

    private func loads(_ lines: [String]) -> Int { lines.filter { $0.contains("load.state") }.count }
    private func stores(_ lines: [String]) -> Int { lines.filter { $0.contains("store.state") }.count }

    // MARK: Loads

    @Test(arguments: [AccessWidth.byte, .half, .word, .double])
    func aSecondLoadIsTheFirst(_ width: AccessWidth) {
        let lines = lines { builder in
            let first = builder.loadState(8, width)
            #expect(builder.loadState(8, width) == first)
        }
        #expect(loads(lines) == 1)
    }

    @Test func aLoadIsWhatWasStored() {
        let lines = lines { builder in
            let value = builder.loadState(16, .double)
            builder.storeState(8, value, .double)
            #expect(builder.loadState(8, .double) == value)
        }
        #expect(lines == ["%1 = load.state 0x10, double", "store.state 0x8, %1, double"])
    }

    /// Of a narrow store only the bytes that were written come back.
    @Test func aNarrowLoadIsExtended() {
        let lines = lines { builder in
            let value = builder.loadState(16, .double)
            builder.storeState(scratch, value, .half)
            let loaded = builder.loadState(scratch, .half)
            #expect(loaded != value)
            builder.storeState(24, loaded, .double)
        }
        #expect(lines.suffix(2) == ["%3 = zero.extend %1, half", "store.state 0x18, %3, double"])
        let constant = self.lines { builder in
            builder.storeState(scratch, builder.constant(0x1_ff80), .byte)
            let loaded = builder.loadState(scratch, .byte)
            #expect(loaded == builder.constant(0x80))
        }
        #expect(loads(constant) == 0)
    }

    /// A load of other bytes than those that are known reads the state.
    @Test(arguments: [
        (0, AccessWidth.double, 0, AccessWidth.word), (0, .word, 0, .double), (0, .double, 4, .word),
        (4, .word, 0, .double), (0, .byte, 1, .byte), (2, .half, 3, .byte), (4, .double, 0, .double),
        (4, .double, 8, .double), (0, .double, 4, .double), (8, .double, 4, .double),
    ])
    func overlapsAreRead(_ stored: Int, _ storeWidth: AccessWidth, _ loaded: Int, _ loadWidth: AccessWidth) {
        let lines = lines { builder in
            let value = builder.constant(0x1234_5678_9abc_def0)
            builder.storeState(scratch + stored, value, storeWidth)
            _ = builder.loadState(scratch + loaded, loadWidth)
        }
        #expect(loads(lines) == 1)
    }

    /// A store makes what it overlaps unknown.
    @Test(arguments: [
        (0, AccessWidth.double, 7, AccessWidth.byte), (0, .word, 0, .byte), (0, .word, 0, .double),
        (0, .double, 4, .double), (8, .double, 4, .double), (6, .half, 4, .double), (8, .byte, 4, .double),
    ])
    func overlapsAreForgotten(
        _ known: Int, _ knownWidth: AccessWidth, _ stored: Int, _ storeWidth: AccessWidth
    ) {
        let lines = lines { builder in
            _ = builder.loadState(scratch + known, knownWidth)
            builder.storeState(scratch + stored, builder.constant(0x55), storeWidth)
            _ = builder.loadState(scratch + known, knownWidth)
        }
        #expect(loads(lines) == 2)
    }

    @Test func neighboursAreKept() {
        let lines = lines { builder in
            let first = builder.loadState(8, .double)
            builder.storeState(0, builder.constant(1), .double)
            builder.storeState(16, builder.constant(2), .byte)
            #expect(builder.loadState(8, .double) == first)
        }
        #expect(loads(lines) == 1)
    }

    /// Fields a kilobyte apart share a place in the builder's table.
    @Test func farFieldsAreToldApart() {
        let environment = IREnvironment(
            stateByteCount: 4096, programCounterOffset: 4088, floatFlagsOffset: 4080, floatRoundingOffset: 4081)
        let lines = lines(environment) { builder in
            let low = builder.loadState(8, .double)
            #expect(builder.loadState(8 + 1024, .double) != low)
            #expect(builder.loadState(8, .double) != builder.loadState(8 + 1024, .double))
        }
        #expect(loads(lines) >= 2)
    }

    @Test func theZeroFieldIsZero() {
        let environment = IREnvironment(
            stateByteCount: 64, programCounterOffset: 56, floatFlagsOffset: 48, floatRoundingOffset: 49,
            zeroField: 0)
        let lines = lines(environment) { builder in
            #expect(builder.loadState(0, .double) == builder.constant(0))
            _ = builder.loadState(8, .double)
        }
        #expect(loads(lines) == 1)
    }

    // MARK: What else changes state

    @Test func helpersMakeEverythingUnknown() {
        let lines = lines { builder in
            let known = builder.loadState(8, .double)
            builder.storeState(16, known, .double)
            _ = builder.callHelper(1, known, known)
            #expect(builder.loadState(8, .double) != known)
            #expect(builder.loadState(16, .double) != known)
        }
        #expect(loads(lines) == 3)
    }

    @Test(arguments: [(TestLayout.flags, AccessWidth.byte), (TestLayout.flags, .double), (260, .double)])
    func floatsMakeTheFlagsUnknown(_ offset: Int, _ width: AccessWidth) {
        let lines = lines { builder in
            let zero = builder.constant(0)
            let register = builder.loadState(8, .double)
            _ = builder.loadState(offset, width)
            _ = builder.float(.add(.double), rounding: zero, register, register, zero)
            _ = builder.loadState(offset, width)
            #expect(builder.loadState(8, .double) == register)
        }
        #expect(loads(lines) == 3)
    }

    /// A byte next to the flags is not theirs.
    @Test func floatsKeepTheRoundingMode() {
        let lines = lines { builder in
            let mode = builder.loadState(TestLayout.rounding, .byte)
            _ = builder.float(.add(.double), rounding: mode, mode, mode, mode)
            #expect(builder.loadState(TestLayout.rounding, .byte) == mode)
        }
        #expect(loads(lines) == 1)
    }

    @Test func memoryAccessesKeepWhatIsKnown() {
        let lines = lines { builder in
            let address = builder.loadState(8, .double)
            builder.store(address, builder.load(address, .double), .word)
            _ = builder.atomicUpdate(.add, address, address, .double)
            builder.raise(if: builder.isEqual(address, builder.constant(0)), 2, address)
            #expect(builder.loadState(8, .double) == address)
        }
        #expect(loads(lines) == 1)
    }

    /// Knowledge goes on from instruction to instruction, and not from block to block.
    @Test func knowledgeEndsWithTheBlock() {
        var builder = IRBuilder(environment: TestLayout.environment)
        for _ in 0..<2 {
            builder.begin()
            builder.startInstruction(length: 4)
            _ = builder.loadState(8, .double)
            builder.startInstruction(length: 4)
            _ = builder.loadState(8, .double)
            let text = IRText.print(builder.finish()).split(separator: "\n").map(String.init)
            #expect(loads(text) == 1)
        }
    }

    // MARK: Stores

    @Test func aStoreOfWhatIsThereIsNone() {
        let lines = lines { builder in
            let value = builder.loadState(8, .double)
            builder.storeState(8, value, .double)
            builder.storeState(16, value, .double)
            builder.storeState(16, value, .double)
            builder.storeState(scratch, value, .byte)
            builder.storeState(scratch, value, .byte)
        }
        #expect(lines.dropFirst() == ["store.state 0x10, %1, double", "store.state 0x110, %1, byte"])
    }

    @Test func aStoreOfSomethingElseIsWritten() {
        let lines = lines { builder in
            let value = builder.loadState(8, .double)
            let other = builder.constant(7)
            builder.storeState(16, value, .double)
            builder.storeState(16, other, .double)
            builder.storeState(16, value, .double)
            builder.storeState(scratch, value, .word)
            builder.storeState(scratch, value, .double)
        }
        #expect(stores(lines) == 5)
    }

    @Test func aStoreAfterAHelperIsWritten() {
        let lines = lines { builder in
            let value = builder.constant(3)
            builder.storeState(8, value, .double)
            _ = builder.callHelper(1, value, value)
            builder.storeState(8, value, .double)
            builder.storeState(TestLayout.flags, value, .byte)
            _ = builder.float(.add(.double), rounding: value, value, value, value)
            builder.storeState(TestLayout.flags, value, .byte)
        }
        #expect(stores(lines) == 4)
    }
}
