// Conversions between integers and floating-point numbers, and between the two formats.
import SoftFloat

enum VectorFloatConversion {
    /// Conversions to a general register; nil for other operations.
    static func toGeneral(_ call: VectorCall, _ b: Vector128, _ unit: inout VectorFloatUnit) -> UInt64? {
        let isSingle: Bool
        switch call.operation {
        case .cvtss2si, .cvttss2si: isSingle = true
        case .cvtsd2si, .cvttsd2si: isSingle = false
        default: return nil
        }
        let truncates = call.operation == .cvttss2si || call.operation == .cvttsd2si
        return unit.toInteger(
            isSingle ? b.low & 0xffff_ffff : b.low, isSingle ? .single : .double, isWide: call.firstWidth == 8,
            truncates: truncates)
    }

    private static func word(_ vector: Vector128, _ index: Int) -> UInt64 { UInt64(vector.lane(index, UInt32.self)) }

    static func fromIntegers(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        let isWide = call.secondWidth == 8
        var result = a
        switch call.operation {
        case .cvtsi2ss: result.setLane(0, UInt32(truncatingIfNeeded: unit.fromInteger(b.low, isWide: isWide, .single)))
        case .cvtsi2sd: result.low = unit.fromInteger(b.low, isWide: isWide, .double)
        case .cvtpi2ps:
            for index in 0..<2 {
                let value = unit.fromInteger(word(b, index), isWide: false, .single)
                result.setLane(index, UInt32(truncatingIfNeeded: value))
            }
        case .cvtdq2ps:
            for index in 0..<4 {
                let value = unit.fromInteger(word(b, index), isWide: false, .single)
                result.setLane(index, UInt32(truncatingIfNeeded: value))
            }
        case .cvtpi2pd, .cvtdq2pd:
            for index in 0..<2 { result.setLane(index, unit.fromInteger(word(b, index), isWide: false, .double)) }
        default: return nil
        }
        return result
    }

    static func toIntegers(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        let format: FloatFormat
        let count: Int
        switch call.operation {
        case .cvtps2pi, .cvttps2pi: (format, count) = (.single, 2)
        case .cvtps2dq, .cvttps2dq: (format, count) = (.single, 4)
        case .cvtpd2pi, .cvttpd2pi, .cvtpd2dq, .cvttpd2dq: (format, count) = (.double, 2)
        default: return nil
        }
        let truncates = [.cvttps2pi, .cvttps2dq, .cvttpd2pi, .cvttpd2dq].contains(call.operation)
        var result = Vector128.zero
        for index in 0..<count {
            let source = format == .single ? word(b, index) : b.lane(index, UInt64.self)
            let value = unit.toInteger(source, format, isWide: false, truncates: truncates)
            result.setLane(index, UInt32(truncatingIfNeeded: value))
        }
        return result
    }

    static func betweenFormats(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        var result = a
        switch call.operation {
        case .cvtss2sd: result.low = unit.convert(word(b, 0), from: .single)
        case .cvtsd2ss: result.setLane(0, UInt32(truncatingIfNeeded: unit.convert(b.low, from: .double)))
        case .cvtps2pd:
            for index in 0..<2 { result.setLane(index, unit.convert(word(b, index), from: .single)) }
        case .cvtpd2ps:
            result = .zero
            for index in 0..<2 {
                let value = unit.convert(b.lane(index, UInt64.self), from: .double)
                result.setLane(index, UInt32(truncatingIfNeeded: value))
            }
        default: return nil
        }
        return result
    }
}
