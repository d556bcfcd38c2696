// The module against RISC-V instructions executed by qemu-riscv64.
import SoftFloat
import Testing

@Suite struct RISCVOracleTests {
    /// Results and flags of every operation, both formats and all rounding modes, bit for bit.
    @Test func everyOperationMatchesRISCV() throws {
        let oracle = try RISCVOracle()
        defer { oracle.remove() }
        let vectors = VectorGenerator.vectors(
            FloatOperationCase.all, RoundingMode.allCases, randomCount: 5_000, seed: 0x5EED)
        #expect(vectors.count >= 1_000_000)
        let expected = try oracle.outcomes(vectors)
        let different = zip(vectors, expected).filter { $0.operation.evaluate($0) != $1 }
        for (vector, outcome) in different.prefix(20) {
            Issue.record("\(vector): \(vector.operation.evaluate(vector)), RISC-V says \(outcome)")
        }
        #expect(different.isEmpty, "\(different.count) of \(vectors.count) vectors differ")
        let seen = expected.reduce(into: FloatFlags()) { $0.formUnion($1.flags) }
        #expect(seen.rawValue == 31, "the vectors do not raise every flag")
        expectModesToldApart(vectors, expected)
    }

    /// For every operation that rounds, the vectors show it when one mode is taken for another.
    private func expectModesToldApart(_ vectors: [FloatVector], _ expected: [FloatOutcome]) {
        let groups = Dictionary(grouping: vectors.indices) { index in
            RoundedCase(operation: vectors[index].operation, rounding: vectors[index].rounding)
        }
        for (group, indices) in groups where group.operation.rounds {
            for wrong in RoundingMode.allCases where !group.agrees(with: wrong) {
                let isSeen = indices.contains { index in
                    var vector = vectors[index]
                    vector.rounding = wrong
                    return vector.operation.evaluate(vector) != expected[index]
                }
                #expect(isSeen, "\(group): \(wrong) would pass")
            }
        }
    }

    private struct RoundedCase: Hashable {
        var operation: FloatOperationCase
        var rounding: RoundingMode

        /// Whether `other` gives the same results for all operands.
        func agrees(with other: RoundingMode) -> Bool {
            let modes: Set<RoundingMode> = [rounding, other]
            let isRoot = operation.kind == .squareRoot
            let isNeverNegative = isRoot || [.fromUnsigned32, .fromUnsigned64].contains(operation.kind)
            // No root lies halfway between two numbers.
            return rounding == other || (isNeverNegative && modes == [.towardZero, .down])
                || (isRoot && modes == [.nearestEven, .nearestAway])
        }
    }
}
