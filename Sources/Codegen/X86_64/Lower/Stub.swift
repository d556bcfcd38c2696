// The out-of-line parts of a block: what happens rarely.
import IR
import MachineCore

/// A part that is written behind the block's straight line.
struct Stub {
    enum Kind {
        /// The budget does not allow the block.
        case budget
        /// The block was entered often.
        case hot
        /// A trace goes on elsewhere: at a distance, or at the address in a register.
        case exit(distance: Int64, unexecuted: Int)
        case exitToValue(GeneralRegister, unexecuted: Int)
        /// The guest instruction is to be interpreted.
        case bail
        /// A load that the TLB does not serve, into a general register or a vector register.
        case load(GeneralRegister, signed: Bool)
        case loadVector(VectorRegister, single: Bool)
        /// A store that the TLB does not serve; the value is in the argument field of the context.
        case storeGeneral(GeneralRegister)
        case storeVector(VectorRegister)
        case storeImmediate(Int32)
        /// A page is to be made writable, and the TLB asked again.
        case prepareWrite
        /// A NaN becomes the canonical one.
        case canonicalNaN(VectorRegister, single: Bool)
        /// A floating-point operation is done in software.
        case float(code: UInt64, a: FloatOperand, b: FloatOperand, c: FloatOperand, result: FloatResult)
        /// A jump that is not linked yet.
        case link
    }

    let kind: Kind
    /// Where the jump to this part is to be patched.
    let patch: Int
    /// Where to go on, if anywhere.
    var back = 0
    /// The address of the access: register and displacement.
    var base = GeneralRegister.rax
    var displacement: Int32 = 0
    var site: UInt64 = 0
    /// The stores that it begins with, in the compiler's list.
    var coldSteps = 0..<0

    init(_ kind: Kind, patch: Int) {
        self.kind = kind
        self.patch = patch
    }
}

/// Where a floating-point operation in software finds an operand.
enum FloatOperand {
    case none
    case general(GeneralRegister)
    case vector(VectorRegister, single: Bool)
    case memory(Int32, single: Bool)
}

/// Where it puts the result.
enum FloatResult {
    case general(GeneralRegister)
    case vector(VectorRegister)
}
