// Packed integers: which function computes an operation.
import MachineCore

extension CPU {
    /// The result of an operation on integers or of a move between lanes; nil when it is none.
    func integerResult(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        if let result = VectorArithmetic.result(call.operation, a, b) { return result }
        if let result = VectorComparison.result(call.operation, a, b) { return result }
        if let result = VectorShift.result(call, a, b) { return result }
        if let result = VectorWidening.result(call, a, b) { return result }
        if let result = VectorShuffle.result(call, a, b) { return result }
        if let result = blended(call, a, b) { return result }
        return VectorCipher.result(call, a, b)
    }

    /// Blends whose mask is XMM0 (Intel SDM volume 2, PBLENDVB and BLENDVPS).
    private func blended(_ call: VectorCall, _ a: Vector128, _ b: Vector128) -> Vector128? {
        let mask = vectorRegister(0)
        func blend<Lane: FixedWidthInteger>(_ type: Lane.Type) -> Vector128 {
            let top: Lane = 1 << Lane(Lane.bitWidth - 1)
            return .make(type) { (mask.lane($0, type) & top != 0 ? b : a).lane($0, type) }
        }
        switch call.operation {
        case .pblendvb: return blend(UInt8.self)
        case .blendvps: return blend(UInt32.self)
        case .blendvpd: return blend(UInt64.self)
        default: return nil
        }
    }

    /// What goes from a vector to a general register or memory; nil for other operations.
    func extracted(_ call: VectorCall, _ source: Vector128) -> UInt64? {
        let index = Int(call.immediate)
        switch call.operation {
        case .pmovmskb:
            let count = call.secondKind == .mmx ? 8 : 16
            return (0..<count).reduce(0) { $0 | UInt64(source.lane($1, UInt8.self) >> 7) << UInt64($1) }
        case .movmskps: return (0..<4).reduce(0) { $0 | UInt64(source.lane($1, UInt32.self) >> 31) << UInt64($1) }
        case .movmskpd: return source.low >> 63 | (source.high >> 63) << 1
        case .pextrw:
            return UInt64(source.lane(index & (call.secondKind == .mmx ? 3 : 7), UInt16.self))
        case .pextrb: return UInt64(source.lane(index & 15, UInt8.self))
        case .extractps: return UInt64(source.lane(index & 3, UInt32.self))
        case .pextrd:
            let isWide = call.firstWidth == 8
            return isWide ? source.lane(index & 1, UInt64.self) : UInt64(source.lane(index & 3, UInt32.self))
        case .movd, .movq, .movntq:
            return call.firstKind == .general || call.firstKind == .memory ? source.low : nil
        default: return nil
        }
    }
}
