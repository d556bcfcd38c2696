// Floating point on the fast engine: every operation, hostile operands, all rounding modes, exact flags.
import MachineCore
@testable import RISCV
import Testing

@Suite struct JITFloatTests {
    /// Runs `program` on both, in one slice or in short ones; tells whether they agree.
    private func agree(_ program: FloatProgram, on pair: HartPair, _ random: inout RandomNumbers) -> Bool {
        pair.forBoth(program.load)
        let longest = random.oneIn(4) ? 40 : Int(program.budget)
        if pair.run(program.budget, longest: longest, &random) { return true }
        let item = program.differingCase(pair)
        Issue.record("first: \(item?.description ?? "no result differs"), frm \(program.dynamicRounding)")
        return false
    }

    @Test(arguments: 0..<3) func hostileOperandsAgree(_ part: Int) throws {
        let pair = try HartPair()
        var random = RandomNumbers(seed: 0xf10a_7000 + UInt64(part))
        for _ in 0..<600 {
            let cases = (0..<FloatProgram.caseCount).map { _ in randomCase(&random) }
            let program = FloatProgram(cases, dynamicRounding: UInt8(random.below(8)), &random)
            guard agree(program, on: pair, &random) else { return }
        }
        // Code is not left to the interpreter altogether.
        #expect(pair.statistics.exits.uncompiled < 2000, "\(pair.statistics)")
    }

    private func randomCase(_ random: inout RandomNumbers) -> FloatCase {
        var item = FloatCase(encoding: random.pick(FloatCase.encodings), operands: [])
        // Reserved modes are illegal, and take most of the time then.
        item.rounding = random.pick([0, 0, 1, 2, 3, 4, 7, 7, 7, UInt32(random.below(8))])
        if random.oneIn(6) { item.dynamicRounding = UInt8(random.oneIn(8) ? random.below(8) : random.below(5)) }
        item.operands = (0..<item.sourceCount).map { _ in HostileFloats.operand(of: item, &random) }
        return item
    }

    // MARK: Conversions

    private static let conversions = FloatCase.encodings.filter { "\($0.operation)".hasPrefix("fcvt") }

    /// Each conversion of each value at the limits of ranges, in each rounding mode, fixed and dynamic.
    @Test func conversionsAtTheLimitsAgree() throws {
        let pair = try HartPair()
        var random = RandomNumbers(seed: 0xc0_47)
        #expect(Self.conversions.count == 18)
        for dynamic in UInt8(0)..<5 {
            let modes: [UInt32] = dynamic == 0 ? [0, 1, 2, 3, 4, 7] : [UInt32(dynamic), 7]
            let cases = Self.conversions.flatMap { encoding in
                modes.flatMap { mode in
                    limits(encoding).map { FloatCase(encoding: encoding, rounding: mode, operands: [$0]) }
                }
            }
            for start in stride(from: 0, to: cases.count, by: FloatProgram.caseCount) {
                let some = Array(cases[start..<min(start + FloatProgram.caseCount, cases.count)])
                let program = FloatProgram(some, dynamicRounding: dynamic, &random)
                guard agree(program, on: pair, &random) else { return }
            }
        }
    }

    private func limits(_ encoding: Encoding) -> [UInt64] {
        let item = FloatCase(encoding: encoding, operands: [])
        if item.takesInteger { return HostileFloats.integers }
        let name = "\(encoding.operation)"
        return name.hasSuffix("_s") ? HostileFloats.singles + HostileFloats.unboxed : HostileFloats.doubles
    }

    // MARK: Coverage

    /// Every operation is compiled, whatever the registers: none is left to the interpreter for want of
    /// host registers.
    @Test func everyOperationIsCompiled() throws {
        let pair = try HartPair()
        var random = RandomNumbers(seed: 0xc0de)
        var interpreted: [Operation: Int] = [:]
        for encoding in FloatCase.encodings {
            for count in [1, 1, 1, 1, 4, 4, 10] {
                let cases = (0..<count).map { _ in
                    var item = FloatCase(encoding: encoding, operands: [])
                    item.operands = (0..<item.sourceCount).map { _ in random.pick(HostileFloats.singles) }
                    return item
                }
                let program = FloatProgram(cases, dynamicRounding: 0, &random)
                pair.forBoth(program.load)
                let before = pair.statistics.exits.uncompiled
                guard pair.run(program.budget, longest: 1000, &random) else { return }
                if pair.statistics.exits.uncompiled != before { interpreted[encoding.operation, default: 0] += 1 }
            }
        }
        #expect(interpreted.isEmpty, "\(interpreted)")
    }
}
