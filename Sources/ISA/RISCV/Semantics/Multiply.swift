// M: multiplication and division (Unprivileged ISA, chapter M).
import MachineCore

extension Semantics {
    /// The high half of signed times unsigned: the unsigned product less rs2 where rs1 is negative.
    @inline(__always)
    mutating func multiplyHighSignedUnsigned(_ i: Instruction) {
        let a = x(i.rs1)
        let b = x(i.rs2)
        let correction = and(b, shiftRightArithmetic(a, by: constant(63)))
        setX(i.rd, subtract(multiplyHighUnsigned(a, b), correction))
    }

    // The word forms divide sign- or zero-extended words in 64 bits. That gives the manual's results
    // also by zero and on overflow, after the sign extension of the low word.

    @inline(__always)
    mutating func divideSignedWord(_ i: Instruction) {
        setWord(i.rd, divideSigned(signedWord(i.rs1), signedWord(i.rs2)))
    }

    @inline(__always)
    mutating func divideUnsignedWord(_ i: Instruction) {
        setWord(i.rd, divideUnsigned(word(i.rs1), word(i.rs2)))
    }

    @inline(__always)
    mutating func remainderSignedWord(_ i: Instruction) {
        setWord(i.rd, remainderSigned(signedWord(i.rs1), signedWord(i.rs2)))
    }

    @inline(__always)
    mutating func remainderUnsignedWord(_ i: Instruction) {
        setWord(i.rd, remainderUnsigned(word(i.rs1), word(i.rs2)))
    }
}
