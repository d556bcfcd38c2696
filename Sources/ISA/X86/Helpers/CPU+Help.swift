// The helpers of instruction semantics: rare and complex operations.
import MachineCore

extension CPU {
    /// Performs helper `number` for the instruction at `state.rip`.
    func help(_ number: UInt16, _ a: UInt64, _ b: UInt64) throws(FaultTaken) -> UInt64 {
        switch Helper(rawValue: number) {
        case .divide128: try divide128(by: a, isSigned: b != 0)
        case .compareAndExchange16: try compareAndExchange16(at: a)
        case .extractBits: return Self.extractBits(a, b)
        case .depositBits: return Self.depositBits(a, b)
        case .checksum: return Self.checksum(a, b)
        case .decimal: try adjustDecimal(Operation(rawValue: UInt16(truncatingIfNeeded: a)) ?? .ud2, b)
        case .string: return try repeatString(StringOperation(rawValue: a))
        case .readFlags: return flagsImage
        case .writeFlags: try writeFlags(a, width: b)
        case .setInterruptFlag: try setInterruptFlag(a != 0)
        case .readPort: return try readPort(a)
        case .writePort: try writePort(a, b)
        case .loadSegment: try loadSegment(Int(a), UInt16(truncatingIfNeeded: b))
        case .farTransfer:
            noteNext(FarTransfer(rawValue: a).length)
            return try transferFar(FarTransfer(rawValue: a), b)
        case .interruptReturn:
            noteNext(a >> 8)
            return try returnFromInterrupt(a & 0xff)
        case .system:
            noteNext(a >> 24 & 0xff)
            return try performSystem(a, b)
        case .readControl: return try readControl(a)
        case .writeControl: try writeControl(a, b)
        case .float: return try performFloat(FloatCall(rawValue: a), b)
        case .vector: return try performVector(VectorCall(rawValue: a), b)
        case .checkFloat: try checkMMX()
        default: throw fault(Fault.invalidOpcode)
        }
        return 0
    }

    /// Notes the offset behind the current instruction, for those that keep it somewhere.
    func noteNext(_ length: UInt64) {
        runtime.pointee.next = state.pointee.rip &+ length & runtime.pointee.codeMask
    }
}
