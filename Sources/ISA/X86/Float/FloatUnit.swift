// The x87 register stack and status word during one instruction.

/// The x87 registers, by their place in the stack.
struct FloatUnit {
    let state: UnsafeMutablePointer<CPUState>
    var context: FloatContext

    init(_ state: UnsafeMutablePointer<CPUState>) {
        self.state = state
        context = FloatContext(control: state.pointee.floatControl)
    }

    // MARK: Registers

    /// The physical number of the register on top.
    var top: Int {
        get { Int(state.pointee.floatStatus >> 11 & 7) }
        nonmutating set {
            let kept = state.pointee.floatStatus & ~FloatStatus.top
            state.pointee.floatStatus = kept | UInt16(truncatingIfNeeded: newValue & 7) << 11
        }
    }

    @inline(__always)
    func physical(_ index: Int) -> Int { (top &+ index) & 7 }

    @inline(__always)
    func isEmpty(_ index: Int) -> Bool {
        state.pointee.floatInUse >> UInt8(truncatingIfNeeded: physical(index)) & 1 == 0
    }

    /// The register with physical number `number`.
    @inline(__always)
    func contents(_ number: Int) -> Extended80 {
        Extended80(
            significand: state.pointee.floatSignificands[number],
            signExponent: state.pointee.floatExponents[number])
    }

    /// Register ST(`index`). A register that is written is in use.
    subscript(_ index: Int) -> Extended80 {
        get {
            contents(physical(index))
        }
        nonmutating set {
            let number = physical(index)
            state.pointee.floatSignificands[number] = newValue.significand
            state.pointee.floatExponents[number] = newValue.signExponent
            state.pointee.floatInUse |= 1 << UInt8(truncatingIfNeeded: number)
        }
    }

    @inline(__always)
    func operand(_ index: Int) -> FloatOperand { FloatOperand(self[index]) }

    func free(_ index: Int) { state.pointee.floatInUse &= ~(1 << UInt8(truncatingIfNeeded: physical(index))) }

    func pop() {
        free(0)
        top += 1
    }

    // MARK: Results

    /// Puts `result` into ST(`index`) and pops, unless an exception stopped the operation.
    @inline(__always)
    mutating func deliver(_ result: Extended80, to index: Int, pops: Bool) {
        if context.isBlocked { return }
        self[index] = result
        if pops { pop() }
    }

    /// Pushes `value`, or what an overflow of the stack leaves.
    mutating func push(_ value: Extended80) {
        if context.isBlocked { return }
        top -= 1
        self[0] = value
    }

    /// There is no room for one more; notes that.
    mutating func overflowsStack() -> Bool {
        if isEmpty(7) { return false }
        _ = context.stackOverflow()
        return true
    }

    /// Brings the status word up to date. The condition codes stay but for C1, which is zero unless it was
    /// raised.
    /// - Returns: an exception that is not masked was raised.
    func finish(keepsCondition1: Bool) -> Bool {
        // What stops an operation comes before it has a result to raise anything else.
        let isFault = context.raised & FloatStatus.stackFault != 0
        let late = FloatStatus.overflow | FloatStatus.underflow | FloatStatus.inexact
            | (isFault ? 0 : FloatStatus.condition1)
        let raised = context.isBlocked ? context.raised & ~late : context.raised
        if isFault || !keepsCondition1 { state.pointee.floatStatus &= ~FloatStatus.condition1 }
        state.pointee.floatStatus |= raised
        summarize()
        return raised & ~context.control & FloatStatus.exceptions != 0
    }

    /// Sets or clears ES and B by the exceptions and the masks.
    func summarize() {
        let bits = FloatStatus.summary | FloatStatus.busy
        let waits = state.pointee.floatStatus & ~state.pointee.floatControl & FloatStatus.exceptions != 0
        state.pointee.floatStatus = state.pointee.floatStatus & ~bits | (waits ? bits : 0)
    }

    /// Replaces condition codes: those in `mask`.
    mutating func setConditions(_ bits: UInt16, mask: UInt16 = FloatStatus.comparison) {
        state.pointee.floatStatus &= ~mask
        context.raise(bits)
    }

    // MARK: Environment

    /// The tag word: two bits for each register (Intel SDM volume 1, 8.1.7).
    var tagWord: UInt16 {
        var word: UInt16 = 0
        for number in (0..<8).reversed() {
            let isEmpty = state.pointee.floatInUse >> UInt8(truncatingIfNeeded: number) & 1 == 0
            let tag: UInt16
            switch contents(number).kind {
            case _ where isEmpty: tag = 3
            case .normal: tag = 0
            case .zero: tag = 1
            default: tag = 2
            }
            word = word << 2 | tag
        }
        return word
    }

    /// Of a tag word only counts which registers are empty.
    func setTagWord(_ word: UInt16) {
        var inUse: UInt8 = 0
        for number in 0..<8 as Range<UInt8> where word >> (UInt16(number) * 2) & 3 != 3 { inUse |= 1 << number }
        state.pointee.floatInUse = inUse
    }

    func setControl(_ word: UInt16) {
        state.pointee.floatControl = word & FloatControl.writable | FloatControl.alwaysSet
        summarize()
    }

    /// `fninit` (Intel SDM volume 1, 8.1.6). The registers keep what they hold.
    func initialize() {
        state.pointee.floatControl = FloatControl.initial
        state.pointee.floatStatus = 0
        state.pointee.floatInUse = 0
        state.pointee.floatOpcode = 0
        state.pointee.floatInstruction = 0
        state.pointee.floatInstructionSelector = 0
        state.pointee.floatOperand = 0
        state.pointee.floatOperandSelector = 0
    }
}
