// The precise engine's instantiation of the semantics: values are integers, verbs act at once.
import MachineCore
import SoftFloat
import Synchronization

/// Executes instructions on a hart. A short-lived value that the run loop keeps in host registers:
/// nothing that is not inlined may take its address, so the slow paths get copies (`HartLink`).
struct Interpreter {
    let state: UnsafeMutablePointer<HartState>
    let runtime: UnsafeMutablePointer<HartRuntime>
    let context: UnsafeMutablePointer<ExecutionContext>
    let link: HartLink
    /// The address of the current instruction and of the one to execute after it.
    var pc: UInt64 = 0
    var next: UInt64 = 0
    /// Instructions begun since the interpreter was entered.
    var executed: UInt64 = 0
    /// The run loop stops when `executed` reaches it.
    var limit: UInt64 = 0

    init(_ hart: Hart) {
        state = hart.state
        runtime = hart.runtime
        context = hart.context
        link = HartLink(hart)
    }

    /// Stops the run loop after this instruction if something needs attention.
    @inline(__always)
    private mutating func checkAttention() {
        if context.pointee.attention { limit = 0 }
    }
}

// MARK: Fetch

extension Interpreter {
    /// The 32 bits at `pc`; of a compressed instruction only the low 16 count.
    @inline(__always)
    mutating func fetch() throws(TrapTaken) -> UInt32 {
        // In the current page the difference is the offset in it. An invalid page is odd and pc is
        // even, so that the rotation makes their difference huge.
        let difference = pc ^ runtime.pointee.fetchPage
        if (difference &>> 1 | difference &<< 63) <= 0xffc / 2 {
            return UInt32(truncatingIfNeeded: host(pc, runtime.pointee.fetchBias).loadInteger(.word))
        }
        return try link.fetch(executed, pc)
    }
}

extension Interpreter: IntegerSemantics {
    typealias Interruption = TrapTaken

    @inline(__always) func programCounter(plus offset: Int64) -> UInt64 { pc &+ UInt64(bitPattern: offset) }

    @inline(__always)
    func loadState(_ offset: Int, _ width: AccessWidth) -> UInt64 {
        (UnsafeMutableRawPointer(state) + offset).loadInteger(width)
    }
    @inline(__always)
    func storeState(_ offset: Int, _ value: UInt64, _ width: AccessWidth) {
        (UnsafeMutableRawPointer(state) + offset).storeInteger(value, width)
    }

    @inline(__always)
    func fence(_ kind: FenceKind) {
        if runtime.pointee.isShared && kind == .full { atomicMemoryFence(ordering: .sequentiallyConsistent) }
    }

    @inline(__always)
    func float(
        _ operation: FloatOperation, rounding: UInt64, _ a: UInt64, _ b: UInt64, _ c: UInt64
    ) -> UInt64 {
        var flags = FloatFlags(rawValue: state.pointee.floatFlags)
        let mode = RoundingMode(rawValue: UInt8(truncatingIfNeeded: rounding)) ?? .nearestEven
        let result = operation.evaluate(rounding: mode, a, b, c, &flags)
        state.pointee.floatFlags = flags.rawValue
        return result
    }

    @inline(__always)
    func unboxSingle(_ a: UInt64) -> UInt64 { SoftFloat.unboxSingle(a) }

    @inline(__always) mutating func jump(to target: UInt64) { next = target }
    @inline(__always) mutating func jump(offset: Int64) { next = pc &+ UInt64(bitPattern: offset) }
    @inline(__always)
    mutating func branch(if condition: Bool, offset: Int64) {
        if condition { next = pc &+ UInt64(bitPattern: offset) }
    }
    @inline(__always)
    mutating func raise(_ cause: UInt64, _ value: UInt64) throws(TrapTaken) {
        try link.raise(cause, value)
    }
    @inline(__always)
    mutating func raise(if condition: Bool, _ cause: UInt64, _ value: UInt64) throws(TrapTaken) {
        if condition { try link.raise(cause, value) }
    }
    @inline(__always) func endBlock() {}

    @inline(__always)
    mutating func callHelper(_ helper: UInt16, _ a: UInt64, _ b: UInt64) throws(TrapTaken) -> UInt64 {
        state.pointee.pc = pc
        let result = try link.help(executed, helper, a, b)
        checkAttention()
        return result
    }
}

// MARK: Memory

extension Interpreter {
    /// The TLB entry for `address` in the current data set.
    @inline(__always)
    private func entry(_ address: UInt64) -> UnsafeMutablePointer<TranslationEntry> {
        let index = (address &>> 12) & UInt64(TranslationEntry.setEntryCount &- 1)
        return context.pointee.dataSet + Int(truncatingIfNeeded: index)
    }

    /// The page of the access's last byte. It equals a tag only if the access lies within one page,
    /// because the next page's entry has another index.
    @inline(__always)
    private func page(_ address: UInt64, _ width: AccessWidth) -> UInt64 {
        (address &+ (width.byteCount &- 1)) & ~0xfff
    }

    @inline(__always)
    fileprivate func host(_ address: UInt64, _ bias: UInt64) -> UnsafeMutableRawPointer {
        // Never nil: a cached page is mapped host memory.
        UnsafeMutableRawPointer(bitPattern: UInt(address &+ bias)).unsafelyUnwrapped
    }

    @inline(__always)
    mutating func load(_ address: UInt64, _ width: AccessWidth) throws(TrapTaken) -> UInt64 {
        let cached = entry(address)
        if cached.pointee.readTag == page(address, width) {
            return host(address, cached.pointee.bias).loadInteger(width)
        }
        let value = try link.load(executed, address, width)
        checkAttention()
        return value
    }

    @inline(__always)
    mutating func store(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) throws(TrapTaken) {
        let cached = entry(address)
        if cached.pointee.writeTag == page(address, width) {
            host(address, cached.pointee.bias).storeInteger(value, width)
        } else {
            try link.store(executed, address, value, width)
            checkAttention()
        }
    }

    /// The host address of an aligned read-modify-write, and whether the write is to be noted afterwards.
    @inline(__always)
    private mutating func atomicPointer(
        _ address: UInt64, _ width: AccessWidth
    ) throws(TrapTaken) -> (UnsafeMutableRawPointer, isNoted: Bool) {
        let cached = entry(address)
        if cached.pointee.writeTag == page(address, width) { return (host(address, cached.pointee.bias), false) }
        return (try link.atomicPointer(executed, address, width), true)
    }

    // Where harts take turns on one host thread, a plain read and write is atomic between them.

    @inline(__always)
    mutating func atomicUpdate(
        _ operation: AtomicOperation, _ address: UInt64, _ operand: UInt64, _ width: AccessWidth
    ) throws(TrapTaken) -> UInt64 {
        let (pointer, isNoted) = try atomicPointer(address, width)
        let old: UInt64
        if runtime.pointee.isShared {
            old = SharedWord.update(pointer, operation, operand, width)
        } else {
            old = pointer.loadInteger(width)
            pointer.storeInteger(operation.apply(old, operand, width), width)
        }
        if isNoted {
            link.noteAtomic(pointer, width)
            checkAttention()
        }
        return old
    }

    @inline(__always)
    mutating func compareAndStore(
        if condition: Bool, _ address: UInt64, expected: UInt64, desired: UInt64, _ width: AccessWidth
    ) throws(TrapTaken) -> Bool {
        guard condition else { return false }
        let (pointer, isNoted) = try atomicPointer(address, width)
        if runtime.pointee.isShared {
            guard SharedWord.replace(pointer, expected, by: desired, width) else { return false }
        } else {
            guard pointer.loadInteger(width) == expected & width.mask else { return false }
            pointer.storeInteger(desired, width)
        }
        if isNoted {
            link.noteAtomic(pointer, width)
            checkAttention()
        }
        return true
    }
}
