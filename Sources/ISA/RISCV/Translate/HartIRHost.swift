// A hart as the world around a running IR block: the interpreter's own verbs, made exact for blocks.
import IR
import MachineCore

/// Serves one run of one block by the verbs of `Interpreter`.
///
/// The interpreter stops after the instruction that called for attention. A block can not: its later
/// instructions follow, and passes may have merged what they do. So in a block of several instructions
/// only accesses to RAM that the TLB serves are made, which disturb nobody. Before any other, the run
/// ends with `needsOwnBlock`, and the instruction is to be run again in a block of its own. The same is
/// done for stores into the block's code.
struct HartIRHost: IRHost {
    private var interpreter: Interpreter
    /// The host addresses of the block's code; nil when the block is a single instruction.
    private let code: Range<UInt64>?
    /// The run was interrupted because the current instruction needs a block of its own.
    private(set) var needsOwnBlock = false

    /// A host for a block that starts at the hart's program counter.
    /// - Parameter byteCount: the size of the block's code, all in the page that the hart fetches from;
    ///   nil when the block is a single instruction.
    init(_ hart: Hart, codeByteCount byteCount: Int?) {
        interpreter = Interpreter(hart)
        let start = hart.state.pointee.pc &+ hart.runtime.pointee.fetchBias
        code = byteCount.map { start..<(start &+ UInt64($0)) }
    }

    mutating func startInstruction(at programCounter: UInt64, retired: Int) {
        interpreter.pc = programCounter
        interpreter.executed = UInt64(retired)
    }

    /// Interrupts the block when an access has to wait for a block of its own.
    private mutating func admit(
        _ address: UInt64, _ width: AccessWidth, writes: Bool
    ) throws(TrapTaken) {
        guard let code else { return }
        let index = (address >> 12) & UInt64(TranslationEntry.setEntryCount - 1)
        let entry = interpreter.context.pointee.dataSet[Int(index)]
        // An access to two pages is never served: the second page's entry has another index.
        let page = (address &+ (width.byteCount - 1)) & ~0xfff
        let isServed = page == (writes ? entry.writeTag : entry.readTag)
        let start = address &+ entry.bias
        let touchesCode = writes && start < code.upperBound && start &+ width.byteCount > code.lowerBound
        if isServed && !touchesCode { return }
        needsOwnBlock = true
        throw TrapTaken()
    }

    mutating func load(_ address: UInt64, _ width: AccessWidth) throws(TrapTaken) -> UInt64 {
        try admit(address, width, writes: false)
        return try interpreter.load(address, width)
    }

    mutating func store(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) throws(TrapTaken) {
        try admit(address, width, writes: true)
        try interpreter.store(address, value, width)
    }

    mutating func atomicUpdate(
        _ operation: AtomicOperation, _ address: UInt64, _ operand: UInt64, _ width: AccessWidth
    ) throws(TrapTaken) -> UInt64 {
        try admit(address, width, writes: true)
        return try interpreter.atomicUpdate(operation, address, operand, width)
    }

    mutating func compareAndStore(
        if condition: Bool, _ address: UInt64, expected: UInt64, desired: UInt64, _ width: AccessWidth
    ) throws(TrapTaken) -> Bool {
        try admit(address, width, writes: true)
        return try interpreter.compareAndStore(
            if: condition, address, expected: expected, desired: desired, width)
    }

    func fence(_ kind: FenceKind) { interpreter.fence(kind) }

    mutating func callHelper(_ helper: UInt16, _ a: UInt64, _ b: UInt64) throws(TrapTaken) -> UInt64 {
        try interpreter.callHelper(helper, a, b)
    }

    mutating func raise(_ cause: UInt64, _ value: UInt64) throws(TrapTaken) {
        try interpreter.raise(cause, value)
    }
}
