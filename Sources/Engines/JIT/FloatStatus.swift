// The host's SSE status and control word, and the guest's flags and rounding mode.
import MachineCore
import SoftFloat

/// Conversions of MXCSR (Intel SDM volume 1, 10.2.3).
enum FloatStatus {
    /// All exceptions masked, no flags, and the rounding that `rounding` asks for. The host can not round
    /// ties away: code for that asks software.
    static func control(rounding: UInt8) -> UInt32 {
        let field: UInt32 =
            switch RoundingMode(rawValue: rounding) {
            case .towardZero: 3
            case .down: 1
            case .up: 2
            case .nearestEven, .nearestAway, nil: 0
            }
        return 0x1f80 | field << 13
    }

    /// Writes down `flags` of all statuses, for generated code.
    static func fillTable(_ context: UnsafeMutablePointer<ExecutionContext>) {
        for status in 0..<64 {
            let flags = UInt64(flags(UInt32(status)).rawValue)
            context.pointee.flagTable[status / 8] |= flags << UInt64(status % 8 * 8)
        }
    }

    /// The exceptions in `status`; "denormal operand" is no exception of IEEE 754.
    static func flags(_ status: UInt32) -> FloatFlags {
        var flags = FloatFlags(rawValue: 0)
        if status & 0x01 != 0 { flags.insert(.invalid) }
        if status & 0x04 != 0 { flags.insert(.divideByZero) }
        if status & 0x08 != 0 { flags.insert(.overflow) }
        if status & 0x10 != 0 { flags.insert(.underflow) }
        if status & 0x20 != 0 { flags.insert(.inexact) }
        return flags
    }
}
