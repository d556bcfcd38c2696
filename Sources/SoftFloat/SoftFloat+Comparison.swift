// Comparisons, minimum, maximum and classification: operations that never round.

extension SoftFloat {
    /// Whether `a == b`, quiet: only a signalling NaN is invalid (IEEE 754-2019, clause 5.11; FEQ).
    public static func isEqual(
        _ a: UInt64, _ b: UInt64, _ format: FloatFormat, _ flags: inout FloatFlags
    ) -> Bool {
        switch format {
        case .single: equal(Binary32.self, a, b, &flags)
        case .double: equal(Binary64.self, a, b, &flags)
        }
    }

    /// Whether `a < b`, signalling: any NaN is invalid (IEEE 754-2019, clause 5.11; FLT).
    public static func isLess(
        _ a: UInt64, _ b: UInt64, _ format: FloatFormat, _ flags: inout FloatFlags
    ) -> Bool {
        switch format {
        case .single: less(Binary32.self, a, b, orEqual: false, &flags)
        case .double: less(Binary64.self, a, b, orEqual: false, &flags)
        }
    }

    /// Whether `a <= b`, signalling: any NaN is invalid (IEEE 754-2019, clause 5.11; FLE).
    public static func isLessOrEqual(
        _ a: UInt64, _ b: UInt64, _ format: FloatFormat, _ flags: inout FloatFlags
    ) -> Bool {
        switch format {
        case .single: less(Binary32.self, a, b, orEqual: true, &flags)
        case .double: less(Binary64.self, a, b, orEqual: true, &flags)
        }
    }

    /// The smaller operand, with -0 below +0; of a number and a NaN the number; of two NaNs the
    /// canonical NaN. A signalling NaN is invalid even then.
    ///
    /// IEEE 754-2019, clause 9.6, minimumNumber; FMIN since version 2.2 of the RISC-V "F" extension.
    public static func minimum(
        _ a: UInt64, _ b: UInt64, _ format: FloatFormat, _ flags: inout FloatFlags
    ) -> UInt64 {
        switch format {
        case .single: extremum(Binary32.self, a, b, wantsLarger: false, &flags)
        case .double: extremum(Binary64.self, a, b, wantsLarger: false, &flags)
        }
    }

    /// The larger operand, with the rules of `minimum` (IEEE 754-2019, clause 9.6, maximumNumber; FMAX).
    public static func maximum(
        _ a: UInt64, _ b: UInt64, _ format: FloatFormat, _ flags: inout FloatFlags
    ) -> UInt64 {
        switch format {
        case .single: extremum(Binary32.self, a, b, wantsLarger: true, &flags)
        case .double: extremum(Binary64.self, a, b, wantsLarger: true, &flags)
        }
    }

    @inline(__always)
    private static func equal<F: BinaryFormat>(
        _: F.Type, _ a: UInt64, _ b: UInt64, _ flags: inout FloatFlags
    ) -> Bool {
        if F.isNaN(a) || F.isNaN(b) {
            if F.isSignaling(a) || F.isSignaling(b) { flags.raise(.invalid) }
            return false
        }
        return F.orderingKey(a) == F.orderingKey(b) || F.magnitude(a | b) == 0
    }

    @inline(__always)
    private static func less<F: BinaryFormat>(
        _: F.Type, _ a: UInt64, _ b: UInt64, orEqual: Bool, _ flags: inout FloatFlags
    ) -> Bool {
        if F.isNaN(a) || F.isNaN(b) {
            flags.raise(.invalid)
            return false
        }
        // The two zeros are equal, although their keys are not.
        if F.magnitude(a | b) == 0 { return orEqual }
        let (keyA, keyB) = (F.orderingKey(a), F.orderingKey(b))
        return orEqual ? keyA <= keyB : keyA < keyB
    }

    @inline(__always)
    private static func extremum<F: BinaryFormat>(
        _ format: F.Type, _ a: UInt64, _ b: UInt64, wantsLarger: Bool, _ flags: inout FloatFlags
    ) -> UInt64 {
        let numberA = F.sign(a) | F.magnitude(a)
        let numberB = F.sign(b) | F.magnitude(b)
        if F.isNaN(a) || F.isNaN(b) {
            let bothResult = nan(format, of: a, b, &flags)
            if !F.isNaN(a) { return numberA }
            return F.isNaN(b) ? bothResult : numberB
        }
        let aIsLarger = F.orderingKey(a) > F.orderingKey(b)
        return aIsLarger == wantsLarger ? numberA : numberB
    }
}
