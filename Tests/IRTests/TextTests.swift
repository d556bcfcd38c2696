// The text form: round trips, golden texts, errors with their places, damage.
import MachineCore
import Testing

@testable import IR

@Suite struct TextTests {
    /// One instruction of every operation, with every width and detail that it can have.
    private func everyInstruction() -> [IRInstruction] {
        var all: [IRInstruction] = [
            IRInstruction(.constant, immediate: .max), IRInstruction(.constantCondition, immediate: 1),
        ]
        for row in IROp.table {
            for width in widths(row.width) {
                for detail in details(row.detail) { all += variants(row, width, detail) }
            }
        }
        return all
    }

    private func widths(_ rule: IROp.Width) -> [AccessWidth?] {
        [nil, .byte, .half, .word, .double].filter(rule.allows)
    }

    private func details(_ meaning: IROp.Detail) -> [UInt16] {
        switch meaning {
        case .none: [0]
        case .length: [1, 2, 15]
        case .atomic: AtomicOperation.allCases.map { UInt16($0.rawValue) }
        case .fence: FenceKind.allCases.map { UInt16($0.rawValue) }
        case .float: FloatOperation.irTable.map(\.operation.irCode)
        case .helper: [0, 7, .max]
        case .flags: FlagOperation.allCases.map(\.rawValue)
        case .flagCondition: [0, 15, 16, 47]
        case .vector: [0x458, 0xfd6f]
        case .vectorWidth: [4, 8, 16]
        }
    }

    private func variants(
        _ row: IROp.Properties, _ width: AccessWidth?, _ detail: UInt16
    ) -> [IRInstruction] {
        var base = IRInstruction(row.op, width: width, detail: detail)
        for position in 0..<row.operands.count {
            base[operand: position] = row.operands.type(position) == .i1 ? 1 : 0
        }
        let immediates: [UInt64] = row.immediate == .none ? [0] : [0, 1, .max, 1 << 63, .max >> 1]
        return immediates.map { immediate in
            var instruction = base
            instruction.immediate = immediate
            if row.immediate == .targets { instruction.otherwise = Int32(truncatingIfNeeded: immediate) }
            return instruction
        }
    }

    @Test func everyOperationSurvivesTheRoundTrip() throws {
        let block = IRBlock(everyInstruction())
        #expect(Set(block.instructions.map(\.op)) == Set(IROp.allCases))
        let parsed = try IRText.parse(IRText.print(block))
        #expect(parsed == block)
    }

    @Test func randomBlocksSurviveTheRoundTrip() throws {
        var builder = IRBuilder(environment: TestLayout.environment)
        for seed in 0..<300 {
            let block = RandomProgram(seed: UInt64(seed)).build(&builder)
            let parsed = try IRText.parse(IRText.print(block))
            #expect(parsed == block)
        }
    }

    /// `ld a5, 8(a0); amoadd.w a1, a3, (a2); a sum of a double and a single (rtz); bne t0, t1, -8`, register N
    /// at 8N.
    private static let golden = """
        instruction pc+0x0, 4
        %1 = load.state 0x50, double
        %2 = constant 0x8
        %3 = add %1, %2
        %4 = load %3, double
        store.state 0x78, %4, double
        instruction pc+0x4, 4
        %7 = load.state 0x60, double
        %8 = load.state 0x68, double
        %9 = atomic add, %7, %8, word
        %10 = sign.extend %9, word
        store.state 0x58, %10, double
        instruction pc+0x8, 4
        %13 = constant 0x1
        %14 = load.state 0x110, double
        %15 = load.state 0x118, double
        %16 = unbox.single %15
        %17 = constant 0x0
        %18 = float add.double, %13, %14, %16, %17
        store.state 0x110, %18, double
        instruction pc+0xc, 4
        %21 = load.state 0x28, double
        %22 = load.state 0x30, double
        %23 = equal %21, %22
        %24 = not %23
        branch %24, pc+0x4, pc+0x10

        """

    @Test func goldenText() throws {
        var s = IRBuilder(environment: TestLayout.environment)
        s.begin()
        s.startInstruction(length: 4)
        let loaded = s.load(s.add(s.loadState(80, .double), s.constant(8)), .double)
        s.storeState(120, loaded, .double)
        s.startInstruction(length: 4)
        let old = s.atomicUpdate(.add, s.loadState(96, .double), s.loadState(104, .double), .word)
        s.storeState(88, s.signExtend(old, from: .word), .double)
        s.startInstruction(length: 4)
        let rounding = s.constant(1)
        let (left, right) = (s.loadState(272, .double), s.unboxSingle(s.loadState(280, .double)))
        let sum = s.float(.add(.double), rounding: rounding, left, right, s.constant(0))
        s.storeState(272, sum, .double)
        s.startInstruction(length: 4)
        let (a, b) = (s.loadState(40, .double), s.loadState(48, .double))
        s.branch(if: s.not(s.isEqual(a, b)), offset: -8)
        let block = s.finish()
        #expect(IRText.print(block) == Self.golden)
        try IRVerifier(environment: TestLayout.environment).verify(block)
    }

    @Test func numbersCommentsAndSpacesAreFree() throws {
        let free =
            "; nothing\r\n\n  instruction pc+0 , 4;start\n%90=constant\t10\n"
            + "store.state 8,%90 , double\njump pc+4"
        let plain = "instruction pc+0x0, 4\n%1 = constant 0xa\nstore.state 0x8, %1, double\njump pc+0x4\n"
        #expect(try IRText.print(IRText.parse(free)) == plain)
    }

    struct Mistake: Sendable {
        let text: String
        let line: Int
        let column: Int
        let words: String

        init(_ text: String, _ line: Int, _ column: Int, _ words: String) {
            self.text = text
            self.line = line
            self.column = column
            self.words = words
        }
    }

    static let mistakes: [Mistake] = [
        Mistake("frobnicate 1", 1, 1, "no operation 'frobnicate'"),
        Mistake("jump pc+0x4\n  %2 = jump pc+4", 2, 8, "'jump' has no result"),
        Mistake("constant 5", 1, 1, "needs '%N ='"),
        Mistake("%1 = constant 5\n%1 = constant 6", 2, 1, "%1 is already defined"),
        Mistake("%1 = not %2", 1, 10, "%2 is not defined here"),
        Mistake("%1 = constant 0x1ffffffffffffffff", 1, 15, "the number is larger"),
        Mistake("%1 = constant 99999999999999999999", 1, 15, "the number is larger"),
        Mistake("%1 = constant q", 1, 15, "expected a number"),
        Mistake("%1 = constant 0x", 1, 15, "expected a number"),
        Mistake("%4294967296 = constant 1", 1, 2, "the number is larger"),
        Mistake("%1 = constant 1 2", 1, 17, "expected the end of the line"),
        Mistake("%1 = load.state 8 double", 1, 19, "expected ','"),
        Mistake("%1 = load.state 8, quad", 1, 20, "'quad' is not an access width"),
        Mistake("fence some", 1, 7, "'some' is not a kind of fence"),
        Mistake("%1 = float frob", 1, 12, "no floating-point operation 'frob'"),
        Mistake("jump 4", 1, 6, "expected 'p'"),
        Mistake("jump pc", 1, 8, "expected '+'"),
        Mistake("jump pc+0x8000000000000000", 1, 9, "the number is larger"),
        Mistake("jump pc-0x8000000000000001", 1, 9, "the number is larger"),
        Mistake("instruction pc+0, 65536", 1, 19, "the number is larger"),
        Mistake("%1 = constant.condition 1\nbranch %1, pc+0, pc+0x80000000", 2, 18, "does not fit"),
        Mistake("%", 1, 2, "expected a number"),
        Mistake("%1", 1, 3, "expected '='"),
        Mistake("%1 =", 1, 5, "expected an operation"),
        Mistake("Jump pc+4", 1, 1, "expected an operation"),
        Mistake("\u{0}", 1, 1, "expected an operation"),
        Mistake(String(repeating: "a", count: 1000), 1, 1, "no operation 'aaaa"),
    ]

    @Test(arguments: mistakes) func mistakesHavePlaces(_ mistake: Mistake) throws {
        let error = try #require(throws: IRTextError.self) { _ = try IRText.parse(mistake.text) }
        #expect(error.line == mistake.line && error.column == mistake.column, "\(error)")
        #expect(error.message.contains(mistake.words), "\(error)")
    }

    @Test func sizesAreBounded() throws {
        let many = String(repeating: "jump pc+0\n", count: IRBlock.maximumInstructionCount + 1)
        let tooMany = try #require(throws: IRTextError.self) { _ = try IRText.parse(many) }
        #expect(tooMany.line == IRBlock.maximumInstructionCount + 1)
        let long = String(repeating: ";", count: IRText.maximumByteCount + 1)
        #expect(throws: IRTextError.self) { _ = try IRText.parse(long) }
    }

    @Test func damagedTextsNeverTrap() {
        var random = SplitMix(0x7e47)
        let bytes = Array(Self.golden.utf8)
        let alphabet = Array("%=,.;+-0189abcdefpx \n\r\t\u{ff}instruction".utf8)
        var parsed = 0
        for _ in 0..<5000 {
            var damaged = bytes
            for _ in 0..<random.below(4) + 1 {
                let place = random.below(damaged.count)
                switch random.below(3) {
                case 0: damaged[place] = random.pick(alphabet)
                case 1: damaged.remove(at: place)
                default: damaged.insert(random.pick(alphabet), at: place)
                }
            }
            if random.below(10) == 0 { damaged.removeLast(random.below(damaged.count)) }
            let block = try? IRText.parse(String(decoding: damaged, as: UTF8.self))
            guard let block else { continue }
            parsed += 1
            _ = try? IRVerifier(environment: TestLayout.environment).verify(block)
            #expect((try? IRText.parse(IRText.print(block))) == block)
        }
        #expect(parsed > 100)
    }
}
