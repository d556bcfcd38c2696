// Makes blocks: the instantiation of `Semantics` that is the translator's front end.
import MachineCore

/// Writes down what guest instructions do, as an `IRBlock`.
///
///     builder.begin()
///     repeat {
///         let word = fetch()
///         builder.startInstruction(length: 4)
///         execute(decode(word), &builder)        // generic over Semantics
///     } while !builder.hasEnded && more
///     let block = builder.finish()
///
/// Keep one builder and reuse it: its buffer stays allocated. Constants are folded and shared while
/// they are written, which costs less than a pass would.
///
/// Jumps and branches take effect at the end of the guest instruction, as in the interpreter: verbs
/// may follow them. After an unconditional `raise` everything is dropped until the next `begin`.
public struct IRBuilder: Semantics, Sendable {
    public typealias Value = IRValue
    public typealias Condition = IRCondition
    /// Describing an instruction does not interrupt it.
    public typealias Interruption = Never

    /// Where the next guest instruction is, decided so far.
    enum Ending: Sendable {
        case none
        case jump(distance: Int64)
        case jumpToValue(IRValue)
        case branch(IRCondition, taken: Int64, otherwise: Int64)
    }

    /// The layout of the CPU state that the block will work on.
    public let environment: IREnvironment
    /// The number of guest instructions begun since `begin`.
    public private(set) var guestInstructionCount = 0
    /// Where the next instruction is in guest memory, as a distance from the block's guest address.
    public internal(set) var nextDistance: Int64 = 0
    /// The distances that the instructions begun so far span.
    private var guestRange: Range<Int64> = 0..<0
    var isTrace = false

    var instructions: [IRInstruction] = []
    /// The current guest instruction's distance from the block's guest address.
    var currentDistance: Int64 = 0
    var ending = Ending.none
    /// The code behind this instruction may have changed: leave by `exit`.
    var mustExit = false
    /// The terminator is written.
    var isSealed = false
    /// Recently written pure instructions, by a hash: indices, or -1.
    private var recent = InlineArray<64, Int32>(repeating: -1)
    /// The state whose contents are values of this block.
    var knownFields = KnownFields()
    /// Conditions that are known not to hold, because the block would have been left.
    var passed = PassedConditions()

    /// A builder for CPUs laid out as `environment` says.
    public init(environment: IREnvironment) {
        self.environment = environment
        instructions.reserveCapacity(256)
    }

    /// Forgets the block in work and starts a new one.
    public mutating func begin() {
        instructions.removeAll(keepingCapacity: true)
        guestInstructionCount = 0
        nextDistance = 0
        guestRange = 0..<0
        isTrace = false
        currentDistance = 0
        ending = .none
        mustExit = false
        isSealed = false
        recent = InlineArray(repeating: -1)
        knownFields.clear()
        passed = PassedConditions()
    }

    /// The block can not be continued: it has jumped, branched, raised, or a verb ended it. A further
    /// `startInstruction` is ignored, with all verbs after it.
    public var hasEnded: Bool {
        if case .none = ending { return isSealed || mustExit }
        return true
    }

    /// Begins the next guest instruction.
    /// - Parameter length: its length in bytes, 1 to `IRBlock.maximumGuestInstructionLength`.
    public mutating func startInstruction(length: Int) {
        if hasEnded {
            seal()
            return
        }
        currentDistance = nextDistance
        let detail = UInt16(clamping: length)
        emit(IRInstruction(.instructionStart, immediate: UInt64(bitPattern: currentDistance), detail: detail))
        guestInstructionCount += 1
        nextDistance = currentDistance &+ Int64(detail)
        guestRange = min(guestRange.lowerBound, currentDistance)..<max(guestRange.upperBound, nextDistance)
    }

    /// Ends the block and hands it out. When nothing has ended it, it goes on behind its last guest
    /// instruction. A block without guest instructions is not legal.
    public mutating func finish() -> IRBlock {
        seal()
        // A copy of the right size: a block that shared the buffer would take it away from the builder.
        let exact = instructions.withUnsafeBufferPointer { Array($0) }
        return IRBlock(
            exact, guestInstructionCount: guestInstructionCount, guestRange: guestRange, isTrace: isTrace)
    }

    // MARK: Writing

    /// Writes one instruction; gives its index. In a sealed block nothing is written, and the index is
    /// that of the first instruction, which is a marker that folding knows nothing about.
    @discardableResult
    mutating func emit(_ instruction: IRInstruction) -> Int32 {
        if isSealed { return 0 }
        instructions.append(instruction)
        return Int32(truncatingIfNeeded: instructions.count &- 1)
    }

    /// A constant, shared with recent equal ones: all of them come earlier on the same straight line.
    public mutating func constant(_ value: UInt64) -> IRValue {
        IRValue(index: share(IRInstruction(.constant, immediate: value)))
    }

    mutating func constant(_ truth: Bool) -> IRCondition {
        IRCondition(index: share(IRInstruction(.constantCondition, immediate: truth ? 1 : 0)))
    }

    /// As `emit`, for an instruction without effects, which need not be written again when an equal one
    /// stands: all recent ones come earlier on the same straight line.
    mutating func share(_ instruction: IRInstruction) -> Int32 {
        // Fibonacci hashing: the top bits of the product depend on all bits of the key.
        var key = instruction.immediate ^ UInt64(instruction.op.rawValue) &<< 56
        key ^= UInt64(UInt32(bitPattern: instruction.a)) ^ UInt64(UInt32(bitPattern: instruction.b)) &<< 24
        let slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> 58)
        let known = recent[slot]
        if known >= 0, instructions[Int(known)] == instruction { return known }
        let index = emit(instruction)
        if !isSealed { recent[slot] = index }
        return index
    }
}
