// Sums, differences, products and averages of packed integers.

enum VectorArithmetic {
    static func wrapped(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        switch call.operation {
        case .paddb: a.combined(b, UInt8.self, &+)
        case .paddw: a.combined(b, UInt16.self, &+)
        case .paddd: a.combined(b, UInt32.self, &+)
        case .paddq: Vector128(a.low &+ b.low, a.high &+ b.high)
        case .psubb: a.combined(b, UInt8.self, &-)
        case .psubw: a.combined(b, UInt16.self, &-)
        case .psubd: a.combined(b, UInt32.self, &-)
        case .psubq: Vector128(a.low &- b.low, a.high &- b.high)
        case .pand: Vector128(a.low & b.low, a.high & b.high)
        case .pandn: Vector128(~a.low & b.low, ~a.high & b.high)
        case .por: Vector128(a.low | b.low, a.high | b.high)
        case .pxor: Vector128(a.low ^ b.low, a.high ^ b.high)
        default: nil
        }
    }

    // MARK: Saturation

    private static func add<Lane: FixedWidthInteger>(_ x: Lane, _ y: Lane) -> Lane {
        let (sum, overflows) = x.addingReportingOverflow(y)
        return overflows ? (Lane.isSigned && x < 0 ? .min : .max) : sum
    }

    private static func subtract<Lane: FixedWidthInteger>(_ x: Lane, _ y: Lane) -> Lane {
        let (difference, overflows) = x.subtractingReportingOverflow(y)
        return overflows ? (Lane.isSigned && x >= 0 ? .max : .min) : difference
    }

    static func saturated(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        switch call.operation {
        case .paddsb: a.combined(b, Int8.self, add)
        case .paddsw: a.combined(b, Int16.self, add)
        case .paddusb: a.combined(b, UInt8.self, add)
        case .paddusw: a.combined(b, UInt16.self, add)
        case .psubsb: a.combined(b, Int8.self, subtract)
        case .psubsw: a.combined(b, Int16.self, subtract)
        case .psubusb: a.combined(b, UInt8.self, subtract)
        case .psubusw: a.combined(b, UInt16.self, subtract)
        case .pavgb: a.combined(b, UInt8.self) { UInt8((UInt16($0) + UInt16($1) + 1) >> 1) }
        case .pavgw: a.combined(b, UInt16.self) { UInt16((UInt32($0) + UInt32($1) + 1) >> 1) }
        case .pabsb: b.combined(b, Int8.self) { x, _ in x < 0 ? 0 &- x : x }
        case .pabsw: b.combined(b, Int16.self) { x, _ in x < 0 ? 0 &- x : x }
        case .pabsd: b.combined(b, Int32.self) { x, _ in x < 0 ? 0 &- x : x }
        case .psignb: a.combined(b, Int8.self, sign)
        case .psignw: a.combined(b, Int16.self, sign)
        case .psignd: a.combined(b, Int32.self, sign)
        default: nil
        }
    }

    private static func sign<Lane: FixedWidthInteger & SignedInteger>(_ x: Lane, _ y: Lane) -> Lane {
        y == 0 ? 0 : y < 0 ? 0 &- x : x
    }

    // MARK: Products

    static func product(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        switch call.operation {
        case .pmullw: a.combined(b, UInt16.self, &*)
        case .pmulld: a.combined(b, UInt32.self, &*)
        case .pmulhw: a.combined(b, Int16.self) { Int16(truncatingIfNeeded: (Int32($0) * Int32($1)) >> 16) }
        case .pmulhuw: a.combined(b, UInt16.self) { UInt16(truncatingIfNeeded: (UInt32($0) * UInt32($1)) >> 16) }
        case .pmulhrsw:
            a.combined(b, Int16.self) { Int16(truncatingIfNeeded: ((Int32($0) * Int32($1)) >> 14 + 1) >> 1) }
        case .pmuludq:
            Vector128((a.low & 0xffff_ffff) &* (b.low & 0xffff_ffff), (a.high & 0xffff_ffff) &* (b.high & 0xffff_ffff))
        case .pmuldq:
            .make(Int64.self) { Int64(a.lane($0 * 2, Int32.self)) &* Int64(b.lane($0 * 2, Int32.self)) }
        case .pmaddwd:
            .make(Int32.self) { index in
                let low = Int32(a.lane(index * 2, Int16.self)) * Int32(b.lane(index * 2, Int16.self))
                return low &+ Int32(a.lane(index * 2 + 1, Int16.self)) * Int32(b.lane(index * 2 + 1, Int16.self))
            }
        case .pmaddubsw:
            .make(Int16.self) { index in
                let low = Int32(a.lane(index * 2, UInt8.self)) * Int32(b.lane(index * 2, Int8.self))
                let high = Int32(a.lane(index * 2 + 1, UInt8.self)) * Int32(b.lane(index * 2 + 1, Int8.self))
                return Int16(clamping: low + high)
            }
        case .psadbw:
            .make(UInt64.self) { half in
                (half * 8..<half * 8 + 8).reduce(0) {
                    let (x, y) = (a.lane($1, UInt8.self), b.lane($1, UInt8.self))
                    return $0 + UInt64(x > y ? x - y : y - x)
                }
            }
        default: nil
        }
    }

    // MARK: Neighbours

    /// Pairs of neighbours of the first operand, then of the second.
    private static func pairs<Lane: FixedWidthInteger>(
        _ operands: (Vector128, Vector128), _ type: Lane.Type, _ body: (Lane, Lane) -> Lane
    ) -> Vector128 {
        let half = Vector128.count(type) / 2
        return .make(type) { index in
            let source = index < half ? operands.0 : operands.1
            let place = index % half * 2
            return body(source.lane(place, type), source.lane(place + 1, type))
        }
    }

    static func horizontal(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        switch call.operation {
        case .phaddw: pairs(call.joined(a, b), Int16.self, &+)
        case .phaddd: pairs(call.joined(a, b), Int32.self, &+)
        case .phaddsw: pairs(call.joined(a, b), Int16.self, add)
        case .phsubw: pairs(call.joined(a, b), Int16.self, &-)
        case .phsubd: pairs(call.joined(a, b), Int32.self, &-)
        case .phsubsw: pairs(call.joined(a, b), Int16.self, subtract)
        case .phminposuw: minimumWithPlace(b)
        default: nil
        }
    }

    private static func minimumWithPlace(_ source: Vector128) -> Vector128 {
        var best = 0
        for index in 1..<8 where source.lane(index, UInt16.self) < source.lane(best, UInt16.self) { best = index }
        return Vector128(UInt64(source.lane(best, UInt16.self)) | UInt64(best) << 16)
    }
}
