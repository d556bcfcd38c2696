// The module against the floating-point unit of the host.
import SoftFloat
import Testing

@Suite struct HostOracleTests {
    @Test func roundedOperationsMatchTheHost() {
        let oracle = HostOracle()
        defer { oracle.remove() }
        let operations = FloatOperationCase.all.filter { HostOracle.kinds.contains($0.kind) }
        let vectors = VectorGenerator.vectors(
            operations, [.nearestEven, .towardZero, .down, .up], randomCount: 5_000, seed: 0xF00D)
        var compared = 0
        var different = 0
        for vector in vectors {
            guard let expected = oracle.outcome(vector) else { continue }
            compared += 1
            let actual = vector.operation.evaluate(vector)
            if actual == expected { continue }
            different += 1
            if different <= 20 { Issue.record("\(vector): \(actual), the host says \(expected)") }
        }
        #expect(different == 0, "\(different) of \(compared) vectors differ")
        #expect(compared > vectors.count / 2)
    }

    /// The rounding mode reaches the host's unit and its flags come back, in this build too.
    @Test func theOracleSeesModesAndFlags() {
        let oracle = HostOracle()
        defer { oracle.remove() }
        let third = { (rounding: RoundingMode) in
            oracle.outcome(
                FloatVector(
                    operation: FloatOperationCase(kind: .divide, format: .double), rounding: rounding,
                    a: 0x3FF0_0000_0000_0000, b: 0x4008_0000_0000_0000))
        }
        #expect(third(.down) == FloatOutcome(result: 0x3FD5_5555_5555_5555, flags: .inexact))
        #expect(third(.up) == FloatOutcome(result: 0x3FD5_5555_5555_5556, flags: .inexact))
        #expect(third(.nearestAway) == nil)
    }
}
