// RV64I: arithmetic, comparisons, jumps and branches (Unprivileged ISA, chapters RV32I and RV64I).
import MachineCore

extension Semantics {
    @inline(__always)
    mutating func jumpAndLink(_ i: Instruction) {
        setX(i.rd, programCounter(plus: Int64(i.length)))
        jump(offset: Int64(i.immediate))
    }

    @inline(__always)
    mutating func jumpAndLinkRegister(_ i: Instruction) {
        let target = and(address(i), constant(~1))
        setX(i.rd, programCounter(plus: Int64(i.length)))
        jump(to: target)
    }

    @inline(__always)
    mutating func shiftLeftWord(_ i: Instruction, by amount: Value) {
        setWord(i.rd, shiftLeft(x(i.rs1), by: amount))
    }

    @inline(__always)
    mutating func shiftRightLogicalWord(_ i: Instruction, by amount: Value) {
        setWord(i.rd, shiftRightLogical(word(i.rs1), by: amount))
    }

    @inline(__always)
    mutating func shiftRightArithmeticWord(_ i: Instruction, by amount: Value) {
        setX(i.rd, shiftRightArithmetic(signedWord(i.rs1), by: amount))
    }

    /// The low five bits of rs2: shift amounts of word operations.
    @inline(__always)
    mutating func wordAmount(_ i: Instruction) -> Value { and(x(i.rs2), constant(31)) }

    @inline(__always)
    mutating func loadSigned(_ i: Instruction, _ width: AccessWidth) throws(Interruption) {
        setX(i.rd, signExtend(try load(address(i), width), from: width))
    }

    @inline(__always)
    mutating func loadUnsigned(_ i: Instruction, _ width: AccessWidth) throws(Interruption) {
        setX(i.rd, try load(address(i), width))
    }

    @inline(__always)
    mutating func storeRegister(_ i: Instruction, _ width: AccessWidth) throws(Interruption) {
        try store(address(i), x(i.rs2), width)
    }

    /// The kind of a `fence`: its predecessor and successor sets are bits 27 to 20 (iorw, iorw).
    @inline(__always)
    mutating func fence(_ i: Instruction) {
        let predecessors = (i.bits >> 24) & 15
        let successors = (i.bits >> 20) & 15
        let writesBeforeReads = predecessors & 0b0101 != 0 && successors & 0b1010 != 0
        fence(writesBeforeReads ? .full : .acquireRelease)
    }
}
