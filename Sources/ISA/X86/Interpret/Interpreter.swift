// The precise engine's instantiation of the semantics: values are integers, verbs act at once.
import MachineCore
import SoftFloat
import Synchronization

/// Executes instructions on a CPU. A short-lived value that the run loop keeps in host registers: nothing that is not
/// inlined may take its address, so the slow paths get copies (`CPULink`).
struct Interpreter {
    let state: UnsafeMutablePointer<CPUState>
    let runtime: UnsafeMutablePointer<CPURuntime>
    let context: UnsafeMutablePointer<ExecutionContext>
    let link: CPULink
    /// The offset of the current instruction in the code segment, and of the one to execute after it.
    var rip: UInt64 = 0
    var next: UInt64 = 0
    /// Instructions begun since the interpreter was entered.
    var executed: UInt64 = 0
    /// The run loop stops when `executed` reaches it.
    var limit: UInt64 = 0

    init(_ cpu: CPU) {
        state = cpu.state
        runtime = cpu.runtime
        context = cpu.context
        link = CPULink(cpu)
    }

    /// Stops the run loop after this instruction if something needs attention.
    @inline(__always)
    private mutating func checkAttention() {
        if context.pointee.attention { limit = 0 }
    }
}

// MARK: Control and state

extension Interpreter: IntegerSemantics, X86Semantics {
    typealias Interruption = FaultTaken

    @inline(__always) func programCounter(plus offset: Int64) -> UInt64 { rip &+ UInt64(bitPattern: offset) }

    @inline(__always)
    func loadState(_ offset: Int, _ width: AccessWidth) -> UInt64 {
        (UnsafeMutableRawPointer(state) + offset).loadInteger(width)
    }
    @inline(__always)
    func storeState(_ offset: Int, _ value: UInt64, _ width: AccessWidth) {
        (UnsafeMutableRawPointer(state) + offset).storeInteger(value, width)
    }

    @inline(__always) mutating func jump(to target: UInt64) { next = target & runtime.pointee.codeMask }
    @inline(__always) mutating func jump(offset: Int64) { jump(to: programCounter(plus: offset)) }
    @inline(__always)
    mutating func branch(if condition: Bool, offset: Int64) {
        if condition { jump(offset: offset) }
    }
    @inline(__always)
    mutating func raise(_ cause: UInt64, _ value: UInt64) throws(FaultTaken) { try link.raise(cause, value) }
    @inline(__always)
    mutating func raise(if condition: Bool, _ cause: UInt64, _ value: UInt64) throws(FaultTaken) {
        if condition { try link.raise(cause, value) }
    }
    @inline(__always) func endBlock() {}
    /// CPUs take turns on one host thread, so that every access is in order.
    @inline(__always) func fence(_ kind: FenceKind) {}

    @inline(__always)
    mutating func callHelper(_ helper: UInt16, _ a: UInt64, _ b: UInt64) throws(FaultTaken) -> UInt64 {
        state.pointee.rip = rip
        let result = try link.help(executed, helper, a, b)
        checkAttention()
        return result
    }

    /// The SSE unit's operations go through helpers, which know its control word.
    @inline(__always)
    func float(_ operation: FloatOperation, rounding: UInt64, _ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
        var flags = FloatFlags(rawValue: 0)
        let mode = RoundingMode(rawValue: UInt8(rounding & 7)) ?? .nearestEven
        return operation.evaluate(rounding: mode, a, b, c, &flags)
    }

    @inline(__always) func unboxSingle(_ a: UInt64) -> UInt64 { a & 0xffff_ffff }
}

// MARK: Memory

extension Interpreter {
    /// The TLB entry for `address` in the current data set.
    @inline(__always)
    private func entry(_ address: UInt64) -> UnsafeMutablePointer<TranslationEntry> {
        context.pointee.dataSet + TranslationEntry.index(of: address)
    }

    /// The page of the access's last byte. It equals a tag only if the access lies within one page, because the next
    /// page's entry has another index.
    @inline(__always)
    private func page(_ address: UInt64, _ width: AccessWidth) -> UInt64 {
        (address &+ (width.byteCount &- 1)) & ~0xfff
    }

    @inline(__always)
    private func host(_ address: UInt64, _ bias: UInt64) -> UnsafeMutableRawPointer {
        // Never nil: a cached page is mapped host memory.
        UnsafeMutableRawPointer(bitPattern: UInt(address &+ bias)).unsafelyUnwrapped
    }

    @inline(__always)
    mutating func load(_ address: UInt64, _ width: AccessWidth) throws(FaultTaken) -> UInt64 {
        let cached = entry(address)
        if cached.pointee.readTag == page(address, width) {
            return host(address, cached.pointee.bias).loadInteger(width)
        }
        let value = try link.load(executed, address, width)
        checkAttention()
        return value
    }

    @inline(__always)
    mutating func store(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) throws(FaultTaken) {
        let cached = entry(address)
        if cached.pointee.writeTag == page(address, width) {
            host(address, cached.pointee.bias).storeInteger(value, width)
        } else {
            try link.store(executed, address, value, width)
            checkAttention()
        }
    }

    // Where CPUs take turns on one host thread, a plain read and write is atomic between them. Locked operations of x86
    // need no alignment, and may even reach over the end of a page.

    @inline(__always)
    mutating func atomicUpdate(
        _ operation: AtomicOperation, _ address: UInt64, _ operand: UInt64, _ width: AccessWidth
    ) throws(FaultTaken) -> UInt64 {
        let old = try load(address, width)
        try store(address, operation.apply(old, operand, width), width)
        return old
    }

    @inline(__always)
    mutating func compareAndStore(
        if condition: Bool, _ address: UInt64, expected: UInt64, desired: UInt64, _ width: AccessWidth
    ) throws(FaultTaken) -> Bool {
        guard condition else { return false }
        let old = try load(address, width)
        let isEqual = old == expected & width.mask
        // The processor writes in any case, and faults where it may not.
        try store(address, isEqual ? desired : old, width)
        return isEqual
    }
}
