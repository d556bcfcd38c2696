// What an engine that translates needs of a CPU beyond interpreting it.
import MachineCore

/// A CPU whose instruction set has a translator to IR.
///
/// Generated code does what needs no thought: arithmetic, accesses that the TLB serves. Everything else
/// comes here, and what is refused here is interpreted, one instruction at a time, by `step`. So every
/// exception, every device access and every write into translated code is made by the interpreter,
/// with exact state.
///
/// The CPU keeps an `ExecutionContext` directly below its state block.
public protocol TranslatableCPU: VirtualCPU {
    /// The layout of the state block.
    static var environment: IREnvironment { get }
    /// The guest-visible state, as the IR reaches it.
    var stateBlock: UnsafeMutableRawPointer { get }
    /// RAM, which code is translated from.
    var memory: GuestMemory { get }

    /// Begins a slice of execution: old requests to exit are void, and what happened meanwhile is to be
    /// looked at.
    func beginSlice()
    /// Looks at what called for attention between two instructions, and takes an interrupt if one is
    /// due; tells whether the slice must end.
    func attend() -> Exit?
    /// The next instruction can not be translated, because something is to be looked at behind it. Asked after
    /// `attend`, and asks for attention again as long as it holds.
    var mustStep: Bool { get }
    /// Has `attend` called soon. Any thread may call it.
    func callForAttention()
    /// Notes that generated code has begun `count` instructions.
    func advance(_ count: UInt64)
    /// Interprets one instruction; tells whether the slice must end.
    func step() -> Exit?
    /// Enters the handler of the exception that a helper noted for the current instruction; tells
    /// whether the slice must end instead.
    func takeNotedTrap() -> Exit?

    /// The address in RAM of the code at virtual address `address`, when all of its page can be executed
    /// now; nil when only the interpreter can tell what is there.
    func locateCode(at address: UInt64) -> GuestPhysicalAddress?
    /// The block at virtual address `address`, of at most `limit` guest instructions; nil when its first
    /// instruction reaches into another page, and that is not given.
    /// - Parameters:
    ///   - physical: what `locateCode` has just found for the address.
    ///   - next: what it has found for the page behind, where the first instruction may end.
    func translate(
        _ address: UInt64, at physical: GuestPhysicalAddress, continuingAt next: GuestPhysicalAddress?, limit: Int
    ) -> IRBlock?
    /// The trace of the instructions at virtual addresses `addresses`, all in the page at `physical`, which
    /// were executed in this order.
    /// - Parameter closing: where the last of them went, if the trace should end by going there.
    func translateTrace(
        _ addresses: [UInt64], at physical: GuestPhysicalAddress, closing: UInt64?
    ) -> IRBlock?
    /// Notes in the jump cache of the current address space where the code for `address` is.
    func cacheJump(to address: UInt64, code: UInt64)
    /// Forgets all code addresses.
    func clearJumpCaches()
    /// Makes sure that writes to the page of RAM that holds `address` are noticed from now on.
    func protectCode(at address: GuestPhysicalAddress)

    /// Reads RAM where the TLB did not serve; nil when only the interpreter can.
    func load(_ address: UInt64, _ width: AccessWidth) -> UInt64?
    /// Writes RAM where the TLB did not serve; false when only the interpreter can.
    func store(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) -> Bool
    /// Makes the TLB serve an aligned write; false when it can not.
    func prepareWrite(_ address: UInt64, _ width: AccessWidth) -> Bool
    /// Runs a helper; nil when it noted an exception.
    func callHelper(_ helper: UInt16, _ a: UInt64, _ b: UInt64) -> UInt64?
}
