// What the block compiler knows of each value while it writes code.
import IR

/// Where a value is.
enum ValueLocation: BitwiseCopyable, Equatable {
    /// Not computed yet: written when, and where, it is used (constants, addresses, conditions).
    case deferred
    case general(GeneralRegister)
    case vector(VectorRegister)
    /// In the low half of a vector register; the bits above it are unspecified, those of the value zero.
    case vectorSingle(VectorRegister)
    /// In the state block, where it was loaded from or stored to and not overwritten since.
    case field(Int32)
    /// In a slot at the stack pointer.
    case spilled(Int32)
}

/// One value of the block in work.
struct ValueState: BitwiseCopyable {
    /// The last instruction that uses it, or 0.
    var lastUse: Int32 = 0
    /// The first instruction that stores it to state, or 0.
    var firstStore: Int32 = 0
    /// Something wants it in a vector register.
    var wantsVector = false
    /// It is used for more than an address.
    var isUsedAsValue = false
    /// A store that another makes unnecessary.
    var isDead = false
    /// A store that is made out of line only.
    var isCold = false
    /// Until where the value is needed out of line, or 0.
    var coldUse: Int32 = 0
    var location = ValueLocation.deferred
    /// The field of the state block that holds it too, or -1.
    var home: Int32 = -1
}
