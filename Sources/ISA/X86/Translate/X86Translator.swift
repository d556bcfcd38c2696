// From guest code to IR blocks: the semantics instantiated with the IR's builder.
import IR
import MachineCore

/// Translates 64-bit code. Keep one and reuse it: its builder's buffer stays allocated.
struct X86Translator {
    /// Where the IR finds what it must know of a CPU's state.
    static let environment = IREnvironment(
        stateByteCount: MemoryLayout<CPUState>.size, programCounterOffset: StateField.rip,
        floatFlagsOffset: StateField.floatFlags, floatRoundingOffset: StateField.floatRounding,
        // RAX, RDX, RCX, RSP, RBX, RDI, RSI: those that compiled programs use most, RBP being one more.
        hotFields: [0, 2, 1, 4, 3, 7, 6].map { StateField.register($0) },
        hotVectorFields: (0..<12 as Range<UInt8>).map { StateField.vector($0, half: 0) },
        vectorControlOffset: StateField.mxcsr, coldFields: [StateField.statusFlags],
        scratch: StateField.scratch..<StateField.scratch + 16)

    /// Where the bytes of instructions are: what the page with the first of them holds from there on.
    typealias Fetch = (_ address: UInt64) -> UnsafeRawBufferPointer

    private var builder = IRBuilder(environment: Self.environment)
    /// How code is read.
    var mode = CPUMode()

    /// Translates the instructions from `start` on, up to the first that jumps, branches, raises an exception for sure
    /// or may change what later ones mean; nil when there is not one whole instruction.
    /// - Parameters:
    ///   - limit: the most instructions.
    ///   - byteLimit: the most bytes, of which the first instruction may take more.
    mutating func translateBlock(at start: UInt64, limit: Int, byteLimit: UInt64, _ fetch: Fetch) -> IRBlock? {
        builder.begin()
        var address = start
        while let instruction = decode(fetch(address)) {
            let end = address &+ UInt64(instruction.length)
            if builder.guestInstructionCount > 0 && end &- start > byteLimit { break }
            translate(instruction)
            address = end
            if builder.hasEnded || builder.guestInstructionCount >= limit { break }
        }
        return builder.guestInstructionCount == 0 ? nil : builder.finish()
    }

    /// Translates the instructions at `addresses`, which were executed in this order, into a trace. Where one goes
    /// elsewhere than the next, or ends a block for another reason, the trace ends.
    /// - Parameter closing: where the last of them went, if the trace should end by going there only.
    mutating func translateTrace(_ addresses: [UInt64], closing: UInt64?, _ fetch: Fetch) -> IRBlock? {
        builder.begin()
        guard let start = addresses.first else { return nil }
        for (index, address) in addresses.enumerated() {
            if index > 0, !builder.follow(to: Int64(bitPattern: address &- start)) { break }
            guard let instruction = decode(fetch(address)) else { break }
            translate(instruction)
        }
        if let closing, builder.guestInstructionCount == addresses.count {
            builder.close(to: Int64(bitPattern: closing &- start))
        }
        return builder.guestInstructionCount == 0 ? nil : builder.finish()
    }

    private mutating func translate(_ instruction: Instruction) {
        builder.startInstruction(length: Int(instruction.length))
        builder.execute(instruction)
    }

    /// What is no instruction, or not all there, is left to the interpreter.
    private func decode(_ bytes: UnsafeRawBufferPointer) -> Instruction? {
        guard var instruction = try? Decoder.decode(bytes, mode.codeSize) else { return nil }
        instruction.isFlat = mode.isFlat
        instruction.stackWidth = mode.stackWidth
        return instruction
    }
}
