// An x87 instruction, packed into the operand of a helper; and where the text finds x87 state.
import MachineCore

/// What a helper needs to know of an x87 instruction.
struct FloatCall {
    /// The part of an instruction that a call does. Stores to memory have two, around the store itself, which may
    /// fault: the first gives the value, the second changes the state.
    enum Phase: UInt64 { case whole, prepare, commit }

    let rawValue: UInt64
    let operation: Operation

    init(rawValue: UInt64) {
        self.rawValue = rawValue
        operation = Operation(rawValue: UInt16(truncatingIfNeeded: rawValue)) ?? .fnop
    }

    init(_ i: Instruction, _ phase: Phase = .whole) {
        operation = i.operation
        let first = i.a.kind == .float ? UInt64(i.a.number) : 0
        let second = i.b.kind == .float ? UInt64(i.b.number) : 0
        let memory = i.a.kind == .memory ? i.a.width : i.b.kind == .memory ? i.b.width : 0
        rawValue = UInt64(i.operation.rawValue) | first << 16 | second << 24 | UInt64(memory) << 32
            | UInt64(i.width) << 40 | phase.rawValue << 48
    }

    /// The register operands: destination and source.
    var first: Int { Int(rawValue >> 16 & 7) }
    var second: Int { Int(rawValue >> 24 & 7) }
    /// The register operand that is not the top; the top where there is no other.
    var other: Int { first | second }
    /// The size of the memory operand in bytes; 0 where it has none.
    var width: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 32) }
    /// The operand size of the instruction.
    var operandSize: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 40) }
    var phase: Phase { Phase(rawValue: rawValue >> 48 & 3) ?? .whole }

    /// The top is popped afterwards.
    var pops: Bool {
        switch operation {
        case .faddp, .fmulp, .fsubp, .fsubrp, .fdivp, .fdivrp, .fcomp, .fcompp, .ficomp, .fucomp, .fucompp, .fcomip,
            .fucomip, .fstp, .fstpnce, .fistp, .fisttp, .fbstp:
            true
        default: false
        }
    }

    /// Quiet NaNs are no invalid operands.
    var isUnordered: Bool {
        switch operation {
        case .fucom, .fucomp, .fucompp, .fucomi, .fucomip: true
        default: false
        }
    }

    /// C1 stays as it is, unless the stack is at fault.
    var keepsCondition1: Bool {
        switch operation {
        case .fnop, .fcmovb, .fcmove, .fcmovbe, .fcmovu, .fcmovnb, .fcmovne, .fcmovnbe, .fcmovnu, .fcomi, .fcomip,
            .fucomi, .fucomip:
            true
        default: false
        }
    }

    /// Leaves the pointers to the last operation as they are (Intel SDM volume 1, 8.1.8).
    var isControl: Bool {
        switch operation {
        case .fninit, .fnclex, .fldcw, .fldenv, .fnstenv, .frstor, .fnsave: true
        default: false
        }
    }
}

/// Byte offsets of x87 state.
enum FloatField {
    private static func offset<Field>(_ field: KeyPath<CPUState, Field>) -> Int {
        // Never nil: all fields are stored.
        MemoryLayout<CPUState>.offset(of: field).unsafelyUnwrapped
    }

    static let control = offset(\.floatControl)
    static let status = offset(\.floatStatus)
    static let operand = offset(\.floatOperand)
    private static let significands = offset(\.floatSignificands)
    /// An MMX register.
    static func significand(_ number: UInt8) -> Int { significands &+ Int(number & 7) &* 8 }
    static let operandSelector = offset(\.floatOperandSelector)
    /// CR0, which says whether x87 instructions may be executed.
    static let systemControl = offset(\.cr0)
}

extension Instruction {
    /// An x87 instruction.
    var isFloat: Bool {
        let number = operation.rawValue
        return number >= Operation.fadd.rawValue && number <= Operation.fcomip.rawValue || operation == .fwait
    }
}
