// What a running CPU keeps at hand beside its state, and where generated code finds it.

/// The working block of a CPU, directly below its state block in memory, so that one register reaches
/// both. Nothing here is guest-visible state: all of it can be made again.
public struct ExecutionContext: BitwiseCopyable {
    /// Constants of generated code, put there by the engine: vector instructions take them from memory.
    public var constants: InlineArray<16, UInt64> = InlineArray(repeating: 0)
    /// The guest's exception flags for each combination of the host's, eight to a word.
    public var flagTable: InlineArray<8, UInt64> = InlineArray(repeating: 0)
    /// Something happened that must be looked at before the next instruction. Other threads raise it too.
    public var attention: Bool = false
    /// The SSE control and status word of generated code: rounding, and exceptions since it was entered.
    public var floatControl: UInt32 = 0
    /// The SSE control word of the host program.
    public var hostFloatControl: UInt32 = 0
    /// Counters of entries into blocks, which the engine shares out; they count down.
    public var heat: UInt64 = 0
    /// Instructions that generated code may still begin; negative when it has to stop.
    public var budget: Int64 = 0
    /// `budget` at the moment when the CPU's instruction count was last brought up to date.
    public var budgetPublished: Int64 = 0
    /// Operands and result of calls out of generated code.
    public var argumentA: UInt64 = 0
    public var argumentB: UInt64 = 0
    public var result: UInt64 = 0
    /// What goes with an exit of generated code.
    public var exitDetail: UInt64 = 0
    /// The address of the object that serves calls out of generated code.
    public var owner: UInt64 = 0
    /// The jump cache of the address space that instructions come from.
    public var jumpCache: UnsafeMutablePointer<JumpCacheEntry>
    /// The TLB set of data accesses at the current privilege.
    public var dataSet: UnsafeMutablePointer<TranslationEntry>

    /// A context at rest.
    public init(
        dataSet: UnsafeMutablePointer<TranslationEntry>, jumpCache: UnsafeMutablePointer<JumpCacheEntry>
    ) {
        self.dataSet = dataSet
        self.jumpCache = jumpCache
    }

    /// The context of the CPU whose state block is at `state`.
    @inlinable @inline(__always)
    public static func of(_ state: UnsafeMutableRawPointer) -> UnsafeMutablePointer<ExecutionContext> {
        (state - MemoryLayout<ExecutionContext>.stride).assumingMemoryBound(to: ExecutionContext.self)
    }
}
