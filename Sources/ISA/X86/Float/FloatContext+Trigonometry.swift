// Trigonometric functions: fsin, fcos, fptan, fpatan.

extension FloatContext {
    /// The angle of a function: what is left of it by quarter turns.
    struct ReducedAngle {
        /// From -45 to 45 degrees, in radians; not zero.
        var rest: WideFloat
        /// Quarter turns, modulo 4.
        var quadrant: UInt64
        var isNegative: Bool

        /// Processors know 66 bits of pi (Intel SDM volume 1, 8.3.8), and take off multiples of that, exactly.
        /// In units of 2^-65 it is a quarter turn.
        private static let quarterTurn: UInt128 = 0x3_243f_6a88_85a3_08d3

        /// - Parameter x: finite, not zero, below 2^63.
        init(_ x: WideFloat) {
            isNegative = x.isNegative
            rest = x.magnitude
            quadrant = 0
            let power = x.exponent &- Extended80.bias
            if power < -1 { return }
            let units = UInt128(x.high) &<< UInt128(truncatingIfNeeded: power &+ 2)
            let (quotient, remainder) = units.quotientAndRemainder(dividingBy: Self.quarterTurn)
            let isMoreThanHalf = remainder > Self.quarterTurn >> 1
            quadrant = UInt64(truncatingIfNeeded: quotient) &+ (isMoreThanHalf ? 1 : 0)
            rest = WideFloat(
                isNegative: isMoreThanHalf, exponent: Extended80.bias + 127 - 65,
                normalizing: isMoreThanHalf ? Self.quarterTurn - remainder : remainder)
        }

        private var sineOfRest: WideFloat {
            let square = rest.multiplied(by: rest).fixed
            return rest.multiplied(by: WideFloat(fixed: PowerSeries.sumBelowOne(PowerSeries.sine, square)))
        }

        private var cosineOfRest: WideFloat {
            let square = rest.multiplied(by: rest).fixed
            return WideFloat(fixed: PowerSeries.sumBelowOne(PowerSeries.cosine, square))
        }

        var sine: WideFloat {
            let value = quadrant & 1 == 0 ? sineOfRest : cosineOfRest
            return (quadrant & 2 != 0) != isNegative ? value.negated : value
        }

        var cosine: WideFloat {
            let value = quadrant & 1 == 0 ? cosineOfRest : sineOfRest
            return (quadrant & 1) ^ (quadrant >> 1 & 1) != 0 ? value.negated : value
        }

        var tangent: WideFloat { sine.divided(by: cosine) }
    }

    /// What a trigonometric function is of.
    enum Angle {
        /// The result is known at once.
        case special(Extended80)
        case zero(isNegative: Bool)
        /// 2^63 or more: the operation only sets C2.
        case tooLarge
        case angle(ReducedAngle)
    }

    mutating func angle(_ a: FloatOperand) -> Angle {
        if let result = special(a) { return .special(result) }
        if a.isInfinite { return .special(invalid()) }
        if a.isZero { return .zero(isNegative: a.isNegative) }
        let x = a.wide
        if x.exponent >= Extended80.bias + 63 {
            raise(FloatStatus.condition2)
            return .tooLarge
        }
        noteDenormal(a)
        return .angle(ReducedAngle(x))
    }

    // MARK: Inverse tangent

    /// `fpatan`: the angle of the point (`x`, `y`), from -pi to pi (Intel SDM volume 2, table 3-31).
    mutating func inverseTangent(_ y: FloatOperand, _ x: FloatOperand) -> Extended80 {
        if let result = special(y, x) { return result }
        noteDenormals(y, x)
        if y.isZero || x.isInfinite && !y.isInfinite {
            if !x.isNegative { return .zero(isNegative: y.isNegative) }
            return roundedInexactly(signed(.pi, y))
        }
        if y.isInfinite || x.isZero {
            var angle = WideFloat.pi.scaled(by: -1)
            if y.isInfinite && x.isInfinite {
                let quarter = WideFloat.pi.scaled(by: -2)
                angle = x.isNegative ? angle.adding(quarter) : quarter
            }
            return roundedInexactly(signed(angle, y))
        }
        let (a, b) = (y.wide.magnitude, x.wide.magnitude)
        let isSteep = a.exponent != b.exponent ? a.exponent > b.exponent : a.high > b.high
        var angle = isSteep ? Self.inverseTangent(b, a) : Self.inverseTangent(a, b)
        if isSteep { angle = WideFloat.pi.scaled(by: -1).adding(angle.negated) }
        if x.isNegative { angle = WideFloat.pi.adding(angle.negated) }
        return roundedInexactly(signed(angle, y))
    }

    private func signed(_ angle: WideFloat, _ y: FloatOperand) -> WideFloat {
        y.isNegative ? angle.negated : angle
    }

    /// The inverse tangent of `a / b`, which is from 0 to 1. Subtracts that of 0, 1/2 or 1 first.
    private static func inverseTangent(_ a: WideFloat, _ b: WideFloat) -> WideFloat {
        let quotient = quotient(a, b)
        let power = quotient.exponent - Extended80.bias
        if power < -2 { return smallInverseTangent(quotient) }
        let isNearOne = power == 0 || power == -1 && quotient.high >= 3 << 62
        let center = isNearOne ? 0 : -1
        let rest = a.adding(b.scaled(by: center).negated).divided(by: b.adding(a.scaled(by: center)))
        let base = isNearOne ? WideFloat.pi.scaled(by: -2) : .inverseTangentOfHalf
        return base.adding(smallInverseTangent(rest))
    }

    /// The inverse tangent of a number up to 1/4.
    private static func smallInverseTangent(_ x: WideFloat) -> WideFloat {
        let square = x.multiplied(by: x).fixed
        return x.multiplied(by: WideFloat(fixed: PowerSeries.sumBelowOne(PowerSeries.oddReciprocals, square)))
    }
}
