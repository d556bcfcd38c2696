// Comparisons and classification (Intel SDM volume 1, 8.3.6).

extension FloatContext {
    /// Compares; gives C3, C2 and C0 as at their places in the status word.
    /// - Parameter acceptsQuiet: quiet NaNs are no invalid operands.
    mutating func comparison(_ a: FloatOperand, _ b: FloatOperand, acceptsQuiet: Bool) -> UInt16 {
        if a.isNaN || b.isNaN || a.kind == .unsupported || b.kind == .unsupported {
            let isInvalid = !acceptsQuiet || [a.kind, b.kind].contains { $0 == .signalingNaN || $0 == .unsupported }
            if isInvalid { raise(FloatStatus.invalid) }
            return FloatStatus.comparison
        }
        noteDenormals(a, b)
        if a.isZero && b.isZero { return FloatStatus.condition3 }
        if a.isZero { return b.isNegative ? 0 : FloatStatus.condition0 }
        if b.isZero { return a.isNegative ? FloatStatus.condition0 : 0 }
        if a.isNegative != b.isNegative { return a.isNegative ? FloatStatus.condition0 : 0 }
        let isLess: Bool
        let (x, y) = (a.wide, b.wide)
        if x.exponent != y.exponent {
            isLess = x.exponent < y.exponent
        } else {
            if x.high == y.high { return FloatStatus.condition3 }
            isLess = x.high < y.high
        }
        return isLess != a.isNegative ? FloatStatus.condition0 : 0
    }

    /// `fxam` of a register in use: the class in C3, C2 and C0, the sign in C1.
    static func examination(_ a: Extended80) -> UInt16 {
        let sign = a.isNegative ? FloatStatus.condition1 : 0
        switch a.kind {
        case .unsupported: return sign
        case .quietNaN, .signalingNaN: return sign | FloatStatus.condition0
        case .normal: return sign | FloatStatus.condition2
        case .infinity: return sign | FloatStatus.condition2 | FloatStatus.condition0
        case .zero: return sign | FloatStatus.condition3
        case .denormal: return sign | FloatStatus.condition3 | FloatStatus.condition2
        }
    }
}
