// Shifts of packed integers, by one count for all lanes.

enum VectorShift {
    static func result(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        // The count is the whole low half of the operand.
        let count = b.low
        switch call.operation {
        case .psrlw: return shift(a, UInt16.self, count, isRight: true)
        case .psrld: return shift(a, UInt32.self, count, isRight: true)
        case .psrlq: return shift(a, UInt64.self, count, isRight: true)
        case .psraw: return shift(a, Int16.self, min(count, 15), isRight: true)
        case .psrad: return shift(a, Int32.self, min(count, 31), isRight: true)
        case .psllw: return shift(a, UInt16.self, count, isRight: false)
        case .pslld: return shift(a, UInt32.self, count, isRight: false)
        case .psllq: return shift(a, UInt64.self, count, isRight: false)
        case .psrldq: return a.shiftedRight(bytes: Int(min(count, 16)))
        case .pslldq: return a.shiftedLeft(bytes: Int(min(count, 16)))
        default: return nil
        }
    }

    private static func shift<Lane: FixedWidthInteger>(
        _ a: Vector128, _ type: Lane.Type, _ count: UInt64, isRight: Bool
    ) -> Vector128 {
        guard count < UInt64(Lane.bitWidth) else { return .zero }
        let by = Lane(truncatingIfNeeded: count)
        return a.combined(a, type) { lane, _ in isRight ? lane >> by : lane << by }
    }
}
