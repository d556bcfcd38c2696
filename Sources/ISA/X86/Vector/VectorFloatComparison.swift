// Comparisons of floating-point numbers: masks, and flags.
import SoftFloat

enum VectorFloatComparison {
    /// `cmpps` and its like: ones where the comparison holds.
    static func mask(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> Vector128? {
        let lanes: FloatLanes
        switch call.operation {
        case .cmpps: lanes = FloatLanes(format: .single, isScalar: false)
        case .cmppd: lanes = FloatLanes(format: .double, isScalar: false)
        case .cmpss: lanes = FloatLanes(format: .single, isScalar: true)
        case .cmpsd: lanes = FloatLanes(format: .double, isScalar: true)
        default: return nil
        }
        let predicate = call.immediate & 7
        // "Less" and "less or equal", and their opposites, do not even take quiet NaNs.
        let signalsQuiet = [1, 2, 5, 6].contains(predicate)
        return lanes.make(a) {
            let relation = unit.compare(
                lanes.lane(a, $0), lanes.lane(b, $0), lanes.format, signalsQuiet: signalsQuiet)
            return holds(predicate, relation) ? .max : 0
        }
    }

    private static func holds(_ predicate: UInt8, _ relation: VectorFloatUnit.Relation) -> Bool {
        let result: Bool
        switch predicate & 3 {
        case 0: result = relation == .equal
        case 1: result = relation == .less
        case 2: result = relation == .less || relation == .equal
        default: result = relation == .unordered
        }
        return predicate & 4 != 0 ? !result : result
    }

    /// The flags that `comis` and `ucomis` set.
    static func flags(
        _ call: VectorCall, _ a: Vector128, _ b: Vector128, _ unit: inout VectorFloatUnit
    ) -> UInt64 {
        let format: FloatFormat = call.operation == .comiss || call.operation == .ucomiss ? .single : .double
        let signalsQuiet = call.operation == .comiss || call.operation == .comisd
        let lanes = FloatLanes(format: format, isScalar: true)
        switch unit.compare(lanes.lane(a, 0), lanes.lane(b, 0), format, signalsQuiet: signalsQuiet) {
        case .less: return RFlags.carry
        case .equal: return RFlags.zero
        case .greater: return 0
        case .unordered: return RFlags.carry | RFlags.zero | RFlags.parity
        }
    }
}
