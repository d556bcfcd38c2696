// What goes from a vector to a general register or memory.

enum VectorExtraction {
    /// The value; nil for operations of other kinds.
    static func value(_ call: VectorCall, _ source: Vector128) -> UInt64? {
        let index = Int(call.immediate)
        switch call.operation {
        case .pmovmskb: return tops(source, UInt8.self, call.isMMX ? 8 : 16)
        case .movmskps: return tops(source, UInt32.self, 4)
        case .movmskpd: return tops(source, UInt64.self, 2)
        case .pextrb: return UInt64(source.lane(index & 15, UInt8.self))
        case .pextrw: return UInt64(source.lane(index & (call.isMMX ? 3 : 7), UInt16.self))
        case .pextrd where call.firstWidth == 8: return source.lane(index & 1, UInt64.self)
        case .pextrd, .extractps: return UInt64(source.lane(index & 3, UInt32.self))
        case .movd, .movq, .movntq: return source.low
        default: return nil
        }
    }

    /// The top bits of the lowest `count` lanes.
    private static func tops<Lane: FixedWidthInteger & UnsignedInteger>(
        _ source: Vector128, _ type: Lane.Type, _ count: Int
    ) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(source.lane($1, type) >> Lane(Lane.bitWidth - 1)) << UInt64($1) }
    }
}
