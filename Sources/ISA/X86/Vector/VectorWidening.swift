// Lanes that become wider or narrower.

enum VectorWidening {
    static func result(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        switch call.operation {
        case .pmovsxbw: widened(b, Int8.self, Int16.self)
        case .pmovsxbd: widened(b, Int8.self, Int32.self)
        case .pmovsxbq: widened(b, Int8.self, Int64.self)
        case .pmovsxwd: widened(b, Int16.self, Int32.self)
        case .pmovsxwq: widened(b, Int16.self, Int64.self)
        case .pmovsxdq: widened(b, Int32.self, Int64.self)
        case .pmovzxbw: widened(b, UInt8.self, UInt16.self)
        case .pmovzxbd: widened(b, UInt8.self, UInt32.self)
        case .pmovzxbq: widened(b, UInt8.self, UInt64.self)
        case .pmovzxwd: widened(b, UInt16.self, UInt32.self)
        case .pmovzxwq: widened(b, UInt16.self, UInt64.self)
        case .pmovzxdq: widened(b, UInt32.self, UInt64.self)
        case .packsswb: packed(call, a, b, Int16.self, Int8.self)
        case .packuswb: packed(call, a, b, Int16.self, UInt8.self)
        case .packssdw: packed(call, a, b, Int32.self, Int16.self)
        case .packusdw: packed(call, a, b, Int32.self, UInt16.self)
        default: nil
        }
    }

    private static func widened<From: FixedWidthInteger, To: FixedWidthInteger>(
        _ source: Vector128, _ from: From.Type, _ to: To.Type
    ) -> Vector128 {
        .make(to) { To(truncatingIfNeeded: source.lane($0, from)) }
    }

    /// Lanes of both operands with half the size, those of the first below.
    private static func packed<From: FixedWidthInteger, To: FixedWidthInteger>(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ from: From.Type, _ to: To.Type
    ) -> Vector128 {
        let (x, y) = call.joined(a, b)
        let half = Vector128.count(from)
        return .make(to) { To(clamping: ($0 < half ? x : y).lane($0 % half, from)) }
    }
}
