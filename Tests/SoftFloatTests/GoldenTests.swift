// Results worked out by hand from the standard, one per rule.
import SoftFloat
import Testing

@Suite struct GoldenTests {
    private static let one: UInt64 = 0x3FF0_0000_0000_0000
    private static let largest: UInt64 = 0x7FEF_FFFF_FFFF_FFFF
    private static let infinity: UInt64 = 0x7FF0_0000_0000_0000
    private static let minusZero: UInt64 = 0x8000_0000_0000_0000
    private static let quiet: UInt64 = 0x7FF8_0000_0000_0000
    private static let signalling: UInt64 = 0xFFF0_0000_0000_0001

    /// Runs one operation; in binary64.
    private func run(
        _ kind: FloatOperationCase.Kind, _ a: UInt64, _ b: UInt64 = 0, _ c: UInt64 = 0,
        rounding: RoundingMode = .nearestEven
    ) -> FloatOutcome {
        let operation = FloatOperationCase(kind: kind, format: .double)
        return operation.evaluate(FloatVector(operation: operation, rounding: rounding, a: a, b: b, c: c))
    }

    private func outcome(_ result: UInt64, _ flags: FloatFlags = []) -> FloatOutcome {
        FloatOutcome(result: result, flags: flags)
    }

    @Test func decimalFractionsDoNotAddUp() {
        // 0.1 + 0.2 is the neighbour of 0.3.
        #expect(
            run(.add, 0x3FB9_9999_9999_999A, 0x3FC9_9999_9999_999A)
                == outcome(0x3FD3_3333_3333_3334, .inexact))
    }

    @Test func tiesGoToEvenOrAway() {
        // 1 + 2^-53 lies halfway between 1 and its successor.
        let halfUnit: UInt64 = 0x3CA0_0000_0000_0000
        #expect(run(.add, Self.one, halfUnit) == outcome(Self.one, .inexact))
        #expect(run(.add, Self.one, halfUnit, rounding: .nearestAway) == outcome(Self.one + 1, .inexact))
        #expect(run(.add, Self.one + 1, halfUnit) == outcome(Self.one + 2, .inexact))
        #expect(run(.add, Self.one, halfUnit, rounding: .down) == outcome(Self.one, .inexact))
        #expect(run(.add, Self.one, halfUnit, rounding: .up) == outcome(Self.one + 1, .inexact))
    }

    @Test func cancellationLeavesPlusZeroExceptDownward() {
        for rounding in RoundingMode.allCases {
            let zero = rounding == .down ? Self.minusZero : 0
            #expect(run(.subtract, Self.one, Self.one, rounding: rounding) == outcome(zero))
            #expect(run(.add, Self.minusZero, Self.minusZero, rounding: rounding) == outcome(Self.minusZero))
        }
    }

    @Test func overflowGoesToInfinityOrStays() {
        for (rounding, result) in [
            (RoundingMode.nearestEven, Self.infinity), (.nearestAway, Self.infinity),
            (.up, Self.infinity), (.down, Self.largest), (.towardZero, Self.largest),
        ] {
            let sum = run(.add, Self.largest, Self.largest, rounding: rounding)
            #expect(sum == outcome(result, [.overflow, .inexact]))
        }
    }

    @Test func tininessIsDetectedAfterRounding() {
        // 2^-1022 - 2^-1075 has 53 significant bits: tiny as it stands, and inexact as a subnormal.
        let smallestNormal: UInt64 = 0x0010_0000_0000_0000
        let belowOne: UInt64 = 0x3FEF_FFFF_FFFF_FFFF
        #expect(
            run(.multiply, smallestNormal, belowOne) == outcome(smallestNormal, [.inexact, .underflow]))
        // 2^-1022 - 2^-1174 lies below 2^-1022 but rounds to it with unlimited exponents too.
        let minusTwoToMinus100: UInt64 = 0xB9B0_0000_0000_0000
        #expect(
            run(.multiplyAdd, 1, minusTwoToMinus100, smallestNormal) == outcome(smallestNormal, .inexact))
        // A subnormal result that is exact is no underflow.
        #expect(run(.multiply, smallestNormal, 0x3FE0_0000_0000_0000) == outcome(smallestNormal / 2))
    }

    @Test func fusedMultiplyAddRoundsOnce() {
        // (1 + 2^-52)^2 - (1 + 2^-51) is exactly 2^-104; a rounded product would leave zero.
        #expect(
            run(.multiplyAdd, Self.one + 1, Self.one + 1, (Self.one + 2) | Self.minusZero)
                == outcome(0x3970_0000_0000_0000))
        #expect(run(.multiplyAdd, Self.infinity, 0, Self.quiet) == outcome(Self.quiet, .invalid))
        #expect(run(.multiplyAdd, Self.infinity, Self.one, Self.quiet) == outcome(Self.quiet))
    }

    @Test func divisionAndRoots() {
        #expect(run(.divide, Self.one, Self.minusZero) == outcome(0xFFF0_0000_0000_0000, .divideByZero))
        #expect(run(.divide, 0, 0) == outcome(Self.quiet, .invalid))
        #expect(run(.squareRoot, 0x4000_0000_0000_0000) == outcome(0x3FF6_A09E_667F_3BCD, .inexact))
        #expect(run(.squareRoot, 0x4022_0000_0000_0000) == outcome(0x4008_0000_0000_0000))
        #expect(run(.squareRoot, Self.minusZero) == outcome(Self.minusZero))
        #expect(run(.squareRoot, Self.one | Self.minusZero) == outcome(Self.quiet, .invalid))
    }

    @Test func notANumberIsAlwaysCanonical() {
        #expect(SoftFloat.canonicalNaN(.single) == 0x7FC0_0000)
        #expect(SoftFloat.canonicalNaN(.double) == Self.quiet)
        #expect(run(.add, 0xFFF8_0000_0000_1234, Self.one) == outcome(Self.quiet))
        #expect(run(.add, Self.signalling, Self.one) == outcome(Self.quiet, .invalid))
        #expect(run(.convert, Self.signalling) == outcome(0x7FC0_0000, .invalid))
        #expect(run(.minimum, Self.signalling, Self.one) == outcome(Self.one, .invalid))
        #expect(run(.maximum, Self.quiet, Self.quiet) == outcome(Self.quiet))
        #expect(run(.minimum, 0, Self.minusZero) == outcome(Self.minusZero))
    }

    @Test func comparisonsDifferInQuietness() {
        #expect(run(.isEqual, Self.quiet, Self.one) == outcome(0))
        #expect(run(.isLess, Self.quiet, Self.one) == outcome(0, .invalid))
        #expect(run(.isEqual, 0, Self.minusZero) == outcome(1))
        #expect(run(.isLess, Self.minusZero, 0) == outcome(0))
        #expect(run(.isLessOrEqual, 0, Self.minusZero) == outcome(1))
    }

    @Test func integersSaturate() {
        let minusOne = Self.one | Self.minusZero
        #expect(run(.toUnsigned32, minusOne) == outcome(0, .invalid))
        #expect(run(.toUnsigned32, 0x41EF_FFFF_FFE0_0000) == outcome(.max))  // 2^32 - 1, sign-extended
        #expect(run(.toSigned32, 0x41E0_0000_0000_0000) == outcome(0x7FFF_FFFF, .invalid))  // 2^31
        #expect(run(.toSigned32, 0xC1E0_0000_0000_0000) == outcome(0xFFFF_FFFF_8000_0000))  // -2^31
        #expect(run(.toSigned64, Self.signalling) == outcome(0x7FFF_FFFF_FFFF_FFFF, .invalid))
        #expect(run(.toUnsigned64, 0xBFD0_0000_0000_0000) == outcome(0, .inexact))  // -0.25
        #expect(run(.toSigned64, 0x4004_0000_0000_0000) == outcome(2, .inexact))  // 2.5
        #expect(run(.toSigned64, 0x4004_0000_0000_0000, rounding: .nearestAway) == outcome(3, .inexact))
    }

    @Test func flagsAccrueAndUpperHalvesAreIgnored() {
        var flags: FloatFlags = .divideByZero
        let sum = SoftFloat.add(0xDEAD_BEEF_3F80_0000, 0xFFFF_FFFF_3300_0000, .single, .up, &flags)
        #expect(sum == 0x3F80_0001)
        #expect(flags == [.divideByZero, .inexact])
        #expect(SoftFloat.maximum(0xDEAD_BEEF_3F80_0000, 1 << 63, .single, &flags) == 0x3F80_0000)
        #expect(SoftFloat.classify(0x1234_5678_FF80_0000, .single) == 1)
    }
}
