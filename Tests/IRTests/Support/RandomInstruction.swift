// Guest instructions made of random verbs: the same sequence for every instantiation of the semantics.
import MachineCore

/// What one random instruction does follows from its seed alone, never from values.
struct RandomInstruction {
    let seed: UInt64
    /// Whether the instruction may use the verbs that end a block.
    let mayEnd: Bool

    var length: Int { [2, 4][Int(seed >> 7 & 1)] }

    func execute<S: Semantics>(_ s: inout S) throws(S.Interruption) {
        var random = SplitMix(seed)
        var pool = Pool<S>(&s, &random)
        for _ in 0..<random.below(12) + 1 {
            switch random.below(20) {
            case 0...7: arithmetic(&s, &random, &pool)
            case 8...10: state(&s, &random, &pool)
            case 11...12: comparison(&s, &random, &pool)
            case 13...15: try memory(&s, &random, &pool)
            case 16: float(&s, &random, &pool)
            default: try special(&s, &random, &pool)
            }
        }
        s.storeState(TestLayout.register(random.below(32)), pool.values.last ?? s.constant(0), .double)
        if mayEnd, random.below(3) == 0 { try control(&s, &random, &pool) }
    }

    struct Pool<S: Semantics> {
        var values: [S.Value] = []
        var conditions: [S.Condition] = []

        init(_ s: inout S, _ random: inout SplitMix) {
            values = [
                s.constant(random.operand()), s.loadState(TestLayout.register(random.below(32)), .double),
                s.programCounter(plus: Int64(truncatingIfNeeded: random.operand())),
            ]
            conditions = [s.isEqual(values[0], values[1])]
        }
    }

    private static let widths: [AccessWidth] = [.byte, .half, .word, .double]

    private func arithmetic<S: Semantics>(_ s: inout S, _ random: inout SplitMix, _ pool: inout Pool<S>) {
        if random.below(4) == 0 { pool.values.append(s.constant(random.operand())) }
        let verb = random.pick(Verb.allCases)
        let a = random.pick(pool.values)
        pool.values.append(verb.apply(&s, a, random.pick(pool.values)))
    }

    private func state<S: Semantics>(_ s: inout S, _ random: inout SplitMix, _ pool: inout Pool<S>) {
        let width = random.pick(Self.widths)
        let offset =
            switch random.below(4) {
            case 0: TestLayout.register(random.below(4))
            case 1: TestLayout.flags
            default: TestLayout.scratch.lowerBound + random.below(16)
            }
        if random.below(2) == 0 {
            pool.values.append(s.loadState(offset, width))
        } else {
            s.storeState(offset, random.pick(pool.values), width)
        }
    }

    private func comparison<S: Semantics>(_ s: inout S, _ random: inout SplitMix, _ pool: inout Pool<S>) {
        let (a, b) = (random.pick(pool.values), random.pick(pool.values))
        let condition = random.pick(pool.conditions)
        switch random.below(5) {
        case 0: pool.conditions.append(s.isEqual(a, b))
        case 1: pool.conditions.append(s.isLessSigned(a, b))
        case 2: pool.conditions.append(s.isLessUnsigned(a, b))
        case 3: pool.conditions.append(s.not(condition))
        default: pool.values.append(s.select(condition, a, b))
        }
    }

    /// An address that is mostly inside the test memory.
    private func address<S: Semantics>(
        _ s: inout S, _ random: inout SplitMix, _ pool: Pool<S>, mask: UInt64
    ) -> S.Value {
        let limit: UInt64 = random.below(8) == 0 ? 0x7ff : 0x1f8
        return s.and(random.pick(pool.values), s.constant(limit & mask))
    }

    private func memory<S: Semantics>(
        _ s: inout S, _ random: inout SplitMix, _ pool: inout Pool<S>
    ) throws(S.Interruption) {
        let width = random.pick(Self.widths)
        let kind = random.below(4)
        let address = address(&s, &random, pool, mask: kind < 2 ? ~0 : ~7)
        let (a, b) = (random.pick(pool.values), random.pick(pool.values))
        switch kind {
        case 0: pool.values.append(try s.load(address, width))
        case 1: try s.store(address, a, width)
        case 2:
            let operation = random.pick(AtomicOperation.allCases)
            let wide: AccessWidth = random.below(2) == 0 ? .word : .double
            pool.values.append(try s.atomicUpdate(operation, address, a, wide))
        default:
            let condition = random.pick(pool.conditions)
            let done = try s.compareAndStore(if: condition, address, expected: a, desired: b, width)
            pool.conditions.append(done)
        }
    }

    private func float<S: Semantics>(_ s: inout S, _ random: inout SplitMix, _ pool: inout Pool<S>) {
        let operation = random.pick(FloatOperation.samples)
        let rounding = s.constant(UInt64(random.below(5)))
        let (a, b, c) = (random.pick(pool.values), random.pick(pool.values), random.pick(pool.values))
        if random.below(2) == 0 { pool.values.append(s.loadState(TestLayout.flags, .byte)) }
        if random.below(2) == 0 { pool.values.append(unboxed(&s, &random, a)) }
        pool.values.append(s.float(operation, rounding: rounding, a, b, c))
        if random.below(2) == 0 { pool.values.append(s.loadState(TestLayout.flags, .byte)) }
    }

    /// A value as a single; sometimes just boxed, which the builder sees through.
    private func unboxed<S: Semantics>(_ s: inout S, _ random: inout SplitMix, _ value: S.Value) -> S.Value {
        let box = s.constant(0xffff_ffff_0000_0000)
        return s.unboxSingle(random.below(2) == 0 ? value : s.or(value, box))
    }

    private func special<S: Semantics>(
        _ s: inout S, _ random: inout SplitMix, _ pool: inout Pool<S>
    ) throws(S.Interruption) {
        let (a, b) = (random.pick(pool.values), random.pick(pool.values))
        switch random.below(8) {
        case 0: s.fence(random.pick(FenceKind.allCases))
        case 1...2: pool.values.append(try s.callHelper(UInt16(random.below(64)), a, b))
        case 3:
            let never = s.isEqual(s.or(a, s.constant(1)), s.constant(random.next() & ~1))
            try s.raise(if: random.below(4) == 0 ? random.pick(pool.conditions) : never, 11, b)
        default: pool.values.append(s.programCounter(plus: Int64(random.below(64))))
        }
    }

    private func control<S: Semantics>(
        _ s: inout S, _ random: inout SplitMix, _ pool: inout Pool<S>
    ) throws(S.Interruption) {
        for _ in 0..<random.below(3) + 1 {
            let condition = random.pick(pool.conditions)
            switch random.below(7) {
            case 0: s.jump(to: random.pick(pool.values))
            case 1: s.jump(offset: Int64(truncatingIfNeeded: random.operand()))
            case 2...3: s.branch(if: condition, offset: Int64(random.below(4096)) - 2048)
            case 4: s.endBlock()
            case 5: try s.raise(if: condition, 12, random.pick(pool.values))
            default: if random.below(4) == 0 { try s.raise(13, random.pick(pool.values)) }
            }
        }
        s.storeState(TestLayout.register(random.below(32)), random.pick(pool.values), .double)
    }
}

extension FloatOperation {
    /// One of each kind that needs no more of SoftFloat than its sums and comparisons.
    static let samples: [FloatOperation] = [
        .add(.double), .add(.single), .subtract(.double), .multiply(.single), .divide(.double),
        .multiplyAdd(.double), .isLess(.double), .isEqual(.single), .minimum(.double),
        .classify(.single), .squareRoot(.double), .convert(to: .single), .toInteger(.signed32, from: .double),
        .fromInteger(.unsigned64, to: .single),
    ]
}
