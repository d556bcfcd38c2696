// Comparisons, minima and maxima of packed integers.

enum VectorComparison {
    static func result(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        switch call.operation {
        case .pcmpeqb: mask(a, b, UInt8.self, ==)
        case .pcmpeqw: mask(a, b, UInt16.self, ==)
        case .pcmpeqd: mask(a, b, UInt32.self, ==)
        case .pcmpeqq: mask(a, b, UInt64.self, ==)
        case .pcmpgtb: mask(a, b, Int8.self, >)
        case .pcmpgtw: mask(a, b, Int16.self, >)
        case .pcmpgtd: mask(a, b, Int32.self, >)
        case .pcmpgtq: mask(a, b, Int64.self, >)
        case .pminub: a.combined(b, UInt8.self, min)
        case .pminuw: a.combined(b, UInt16.self, min)
        case .pminud: a.combined(b, UInt32.self, min)
        case .pminsb: a.combined(b, Int8.self, min)
        case .pminsw: a.combined(b, Int16.self, min)
        case .pminsd: a.combined(b, Int32.self, min)
        case .pmaxub: a.combined(b, UInt8.self, max)
        case .pmaxuw: a.combined(b, UInt16.self, max)
        case .pmaxud: a.combined(b, UInt32.self, max)
        case .pmaxsb: a.combined(b, Int8.self, max)
        case .pmaxsw: a.combined(b, Int16.self, max)
        case .pmaxsd: a.combined(b, Int32.self, max)
        default: nil
        }
    }

    private static func mask<Lane: FixedWidthInteger>(
        _ a: Vector128, _ b: Vector128, _ type: Lane.Type, _ body: (Lane, Lane) -> Bool
    ) -> Vector128 {
        a.combined(b, type) { body($0, $1) ? ~0 : 0 }
    }
}
