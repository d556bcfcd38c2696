// From guest code to IR blocks: the semantics instantiated with the IR's builder.
import IR
import MachineCore

/// Translates RISC-V code. Keep one and reuse it: its builder's buffer stays allocated.
public struct RISCVTranslator: Sendable {
    /// Where the IR finds what it must know of a hart's state.
    public static let environment = IREnvironment(
        stateByteCount: MemoryLayout<HartState>.size, programCounterOffset: StateField.pc,
        floatFlagsOffset: StateField.floatFlags, floatRoundingOffset: StateField.floatRounding,
        floatRegisters: StateField.f(0)..<StateField.f(31) + 8, zeroField: StateField.x(0),
        // a5, a4, a3, a0, sp, s0, a2, a1, s1: measured counts of accesses of compiled programs agree on
        // the first few.
        hotFields: [15, 14, 13, 10, 2, 8, 12, 11, 9].map { StateField.x($0) },
        // fa5 to fa0, ft0, ft1, fs0, fs1, fa6, fa7
        hotFloatFields: [15, 14, 13, 12, 11, 10, 0, 1, 8, 9, 16, 17].map { StateField.f($0) })

    /// The most guest instructions in a block, unless the caller asks for another number: longer
    /// straight runs are rare, and what is decided between blocks must not wait long.
    public static var standardLimit: Int { 64 }

    private var builder = IRBuilder(environment: Self.environment)

    /// A translator. All of them translate alike.
    public init() {}

    /// Translates the instructions at `addresses`, which were executed in this order, into a trace. Where
    /// one goes elsewhere than the next, or ends a block for another reason, the trace ends.
    /// - Parameters:
    ///   - addresses: even virtual addresses, at least one, the block's address first.
    ///   - closing: where the last of them went, if the trace should end by going there only.
    ///   - fetch: as for `translateBlock`.
    public mutating func translateTrace(
        _ addresses: [UInt64], closing: UInt64?, fetch: (UInt64) -> UInt32?
    ) -> IRBlock? {
        builder.begin()
        guard let start = addresses.first else { return nil }
        for (index, address) in addresses.enumerated() {
            if index > 0, !builder.follow(to: Int64(bitPattern: address &- start)) { break }
            guard let bits = fetch(address) else { break }
            let instruction = Instruction(decoding: bits)
            builder.startInstruction(length: Int(instruction.length))
            builder.execute(instruction)
        }
        if let closing, builder.guestInstructionCount == addresses.count {
            builder.close(to: Int64(bitPattern: closing &- start))
        }
        return builder.guestInstructionCount == 0 ? nil : builder.finish()
    }

    /// Translates the instructions from `pc` on, up to the first that jumps, branches, raises an
    /// exception for sure or may change what later ones mean.
    ///
    /// A block does not reach into a second page, because another page may lie elsewhere the next time.
    /// So an instruction in the last two bytes of a page, which may be half of one, is always alone.
    /// - Parameters:
    ///   - pc: the even virtual address of the first instruction.
    ///   - limit: the most instructions to translate; less than 1 counts as 1.
    ///   - fetch: gives the 32 bits at an even address, of which only the low 16 count when they are a
    ///     compressed instruction; nil where no instruction can be fetched.
    /// - Returns: a block that `IRVerifier` accepts, or nil when the first instruction can not be fetched.
    public mutating func translateBlock(
        at pc: UInt64, limit: Int = Self.standardLimit, fetch: (UInt64) -> UInt32?
    ) -> IRBlock? {
        builder.begin()
        var address = pc
        while let bits = fetch(address) {
            let instruction = Instruction(decoding: bits)
            builder.startInstruction(length: Int(instruction.length))
            builder.execute(instruction)
            address &+= UInt64(instruction.length)
            let isFull = builder.hasEnded || builder.guestInstructionCount >= limit
            // The offset in the page of `pc`; beyond the page, or before it, it is larger.
            let offset = address &- (pc & ~0xfff)
            if isFull || offset > 0xffc { break }
        }
        return builder.guestInstructionCount == 0 ? nil : builder.finish()
    }
}
