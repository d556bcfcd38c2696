// Copies a block while leaving instructions out or replacing them.

/// Builds the new block of a pass, in one walk over the old one. Results move to new indices, and
/// operands follow them.
struct IRRewriter {
    private var output: [IRInstruction] = []
    /// For each old index so far, the new index of the same result.
    private var places: [Int32] = []

    init(capacity: Int) {
        output.reserveCapacity(capacity)
        places.reserveCapacity(capacity)
    }

    /// Where the result of the old instruction `old` is now.
    func place(of old: Int32) -> Int32 { places[Int(old)] }

    /// An old instruction with its operands moved to their new places.
    func moved(_ instruction: IRInstruction) -> IRInstruction {
        var instruction = instruction
        if instruction.a >= 0 { instruction.a = place(of: instruction.a) }
        if instruction.b >= 0 { instruction.b = place(of: instruction.b) }
        if instruction.c >= 0 { instruction.c = place(of: instruction.c) }
        if instruction.d >= 0 { instruction.d = place(of: instruction.d) }
        return instruction
    }

    /// The next old instruction becomes `instruction`, whose operands are new indices. Gives its index.
    @discardableResult
    mutating func write(_ instruction: IRInstruction) -> Int32 {
        output.append(instruction)
        let index = Int32(truncatingIfNeeded: output.count &- 1)
        places.append(index)
        return index
    }

    /// The next old instruction goes; who used its result uses that of the new index `replacement`.
    mutating func drop(replacement: Int32 = IRInstruction.unused) { places.append(replacement) }

    func finish() -> IRBlock { IRBlock(output) }
}
