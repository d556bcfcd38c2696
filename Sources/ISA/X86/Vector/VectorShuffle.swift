// Lanes that change their places: shuffles, interleaving, inserts, blends and moves between register files.

enum VectorShuffle {
    // MARK: Interleaving

    static func interleaved(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        switch call.operation {
        case .punpcklbw: interleave(call, a, b, UInt8.self, isHigh: false)
        case .punpcklwd: interleave(call, a, b, UInt16.self, isHigh: false)
        case .punpckldq, .unpcklps: interleave(call, a, b, UInt32.self, isHigh: false)
        case .punpcklqdq, .unpcklpd: Vector128(a.low, b.low)
        case .punpckhbw: interleave(call, a, b, UInt8.self, isHigh: true)
        case .punpckhwd: interleave(call, a, b, UInt16.self, isHigh: true)
        case .punpckhdq, .unpckhps: interleave(call, a, b, UInt32.self, isHigh: true)
        case .punpckhqdq, .unpckhpd: Vector128(a.high, b.high)
        default: nil
        }
    }

    private static func interleave<Lane: FixedWidthInteger>(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ type: Lane.Type, isHigh: Bool
    ) -> Vector128 {
        // The upper halves of MMX registers are in the middle.
        let first = !isHigh ? 0 : Vector128.count(type) / (call.isMMX ? 4 : 2)
        return .make(type) { ($0 % 2 == 0 ? a : b).lane(first + $0 / 2, type) }
    }

    // MARK: Shuffles

    static func shuffled(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        let order = Int(call.immediate)
        func place(_ index: Int) -> Int { order >> (index % 4 * 2) & 3 }
        switch call.operation {
        case .pshufd: return .make(UInt32.self) { b.lane(place($0), UInt32.self) }
        case .pshuflw, .pshufw:
            return .make(UInt16.self) { b.lane($0 < 4 ? place($0) : $0, UInt16.self) }
        case .pshufhw: return .make(UInt16.self) { b.lane($0 < 4 ? $0 : 4 + place($0), UInt16.self) }
        case .shufps: return .make(UInt32.self) { ($0 < 2 ? a : b).lane(place($0), UInt32.self) }
        case .shufpd: return Vector128(a.lane(order & 1, UInt64.self), b.lane(order >> 1 & 1, UInt64.self))
        case .pshufb:
            let limit: UInt8 = call.isMMX ? 7 : 15
            return .make(UInt8.self) {
                let place = b.lane($0, UInt8.self)
                return place & 0x80 != 0 ? 0 : a.lane(Int(place & limit), UInt8.self)
            }
        case .palignr: return aligned(call, a, b)
        default: return nil
        }
    }

    /// Bytes from the middle of both operands, the second below.
    private static func aligned(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128 {
        let count = Int(call.immediate)
        if call.isMMX { return Vector128(b.low, a.low).shiftedRight(bytes: min(count, 16)) }
        if count >= 16 { return a.shiftedRight(bytes: min(count - 16, 16)) }
        let (low, high) = (b.shiftedRight(bytes: count), a.shiftedLeft(bytes: 16 - count))
        return Vector128(low.low | high.low, low.high | high.high)
    }

    // MARK: Inserts and blends

    static func inserted(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        let index = Int(call.immediate)
        var result = a
        switch call.operation {
        case .pinsrw: result.setLane(index & (call.firstKind == .mmx ? 3 : 7), UInt16(truncatingIfNeeded: b.low))
        case .pinsrb: result.setLane(index & 15, UInt8(truncatingIfNeeded: b.low))
        case .pinsrd:
            if call.secondWidth == 8 {
                result.setLane(index & 1, b.low)
            } else {
                result.setLane(index & 3, UInt32(truncatingIfNeeded: b.low))
            }
        case .insertps:
            // From memory there is one value only.
            let source = call.secondKind == .memory ? 0 : index >> 6
            result.setLane(index >> 4 & 3, b.lane(source, UInt32.self))
            for lane in 0..<4 where index >> lane & 1 != 0 { result.setLane(lane, 0 as UInt32) }
        case .pblendw: return .make(UInt16.self) { (index >> $0 & 1 != 0 ? b : a).lane($0, UInt16.self) }
        case .blendps: return .make(UInt32.self) { (index >> $0 & 1 != 0 ? b : a).lane($0, UInt32.self) }
        case .blendpd: return .make(UInt64.self) { (index >> $0 & 1 != 0 ? b : a).lane($0, UInt64.self) }
        case .mpsadbw: return differences(index, a, b)
        default: return nil
        }
        return result
    }

    /// Blends whose mask is the first register (Intel SDM volume 2, PBLENDVB and BLENDVPS).
    static func blended(_ call: VectorCall, _ a: Vector128, _ b: Vector128, mask: Vector128) -> Vector128 {
        func blend<Lane: FixedWidthInteger & SignedInteger>(_ type: Lane.Type) -> Vector128 {
            .make(type) { (mask.lane($0, type) < 0 ? b : a).lane($0, type) }
        }
        switch call.operation {
        case .pblendvb: return blend(Int8.self)
        case .blendvps: return blend(Int32.self)
        default: return blend(Int64.self)
        }
    }

    /// Sums of the differences between four bytes of the second operand and eight places in the first.
    private static func differences(_ control: Int, _ a: Vector128, _ b: Vector128) -> Vector128 {
        let (first, second) = (control >> 2 & 1, control & 3)
        return .make(UInt16.self) { place in
            (0..<4).reduce(0) { sum, index in
                let x = a.lane(first * 4 + place + index, UInt8.self)
                let y = b.lane(second * 4 + index, UInt8.self)
                return sum + UInt16(x > y ? x - y : y - x)
            }
        }
    }

    // MARK: Moves

    static func moved(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        switch call.operation {
        case .movsldup: .make(UInt32.self) { b.lane($0 & ~1, UInt32.self) }
        case .movshdup: .make(UInt32.self) { b.lane($0 | 1, UInt32.self) }
        case .movddup: Vector128(b.low, b.low)
        case .movq2dq, .movdq2q, .movq: Vector128(b.low)
        case .movd: Vector128(call.secondWidth == 8 ? b.low : b.low & 0xffff_ffff)
        default: nil
        }
    }
}
