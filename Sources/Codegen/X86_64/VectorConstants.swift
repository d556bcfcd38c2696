// Constants of generated floating-point code, which lie in the context of each CPU.
import MachineCore

/// The 16-byte constants at the start of `ExecutionContext`; only their low halves count.
enum VectorConstant: Int, CaseIterable {
    case signOfDouble, magnitudeOfDouble, signOfSingle, magnitudeOfSingle
    case boxOfSingle, canonicalDouble, canonicalSingle, largestWord

    var bits: UInt64 {
        switch self {
        case .signOfDouble: 1 << 63
        case .magnitudeOfDouble: ~(1 << 63)
        case .signOfSingle: 1 << 31
        case .magnitudeOfSingle: ~(1 << 31)
        case .boxOfSingle: 0xffff_ffff_0000_0000
        case .canonicalDouble: 0x7ff8_0000_0000_0000
        case .canonicalSingle: 0x7fc0_0000
        case .largestWord: Double(UInt32.max).bitPattern
        }
    }

    /// The constant with these bits, if it is one of them.
    static func with(_ bits: UInt64) -> VectorConstant? { allCases.first { $0.bits == bits } }

    /// Its place, as a displacement from the state block.
    var displacement: Int32 { Int32(rawValue * 16 - MemoryLayout<ExecutionContext>.stride) }

}

/// Puts the constants of generated code into contexts.
public enum VectorConstants {
    /// To be called once for each CPU, before generated code runs.
    public static func fill(_ context: UnsafeMutablePointer<ExecutionContext>) {
        for constant in VectorConstant.allCases {
            context.pointee.constants[constant.rawValue * 2] = constant.bits
        }
    }
}
