// Encodings as pictures: one bit string for each instruction, read into mask, match and operands.

/// How the operands of an instruction lie in its bits (Unprivileged ISA 2.2 and 2.3, "Base
/// Instruction Formats"; the C formats are in the chapter "C").
enum OperandFormat: Sendable {
    case none, r, r4, i, shift, s, b, u, j, csr
    /// R with a rounding-mode field.
    case float
    // Compressed formats, by the manual's mnemonic where a layout has one user.
    case addi4spn, compressedLoadWord, compressedLoadDouble, compressedStoreWord, compressedStoreDouble
    case compressedImmediate, compressedLoadImmediate, addi16sp, compressedLui
    case compressedShift, compressedShiftPrime, compressedAndImmediate, compressedArithmetic
    case compressedJump, compressedBranch, loadWordSP, loadDoubleSP, storeWordSP, storeDoubleSP
    case jumpRegister, jumpAndLinkRegister, move, compressedAdd
}

/// One line of the encoding table.
///
/// In a picture, `0` and `1` are fixed bits, lower-case letters are operand bits, and the bits of a
/// field written in capitals are operand bits that are not all zero.
struct Encoding: Sendable {
    let operation: Operation
    let picture: String
    let format: OperandFormat
    /// Fixed bits are set in `mask`, their values are in `match`.
    let mask: UInt32
    let match: UInt32
    /// Bits that must not all be zero (0: no such field).
    let nonzero: UInt32

    init(_ operation: Operation, _ picture: String, _ format: OperandFormat) {
        self.operation = operation
        self.picture = picture
        self.format = format
        var mask: UInt32 = 0
        var match: UInt32 = 0
        var nonzero: UInt32 = 0
        for character in picture.utf8 where character != UInt8(ascii: " ") {
            let isFixed = character == UInt8(ascii: "0") || character == UInt8(ascii: "1")
            mask = mask << 1 | (isFixed ? 1 : 0)
            match = match << 1 | (character == UInt8(ascii: "1") ? 1 : 0)
            nonzero = nonzero << 1 | (character >= UInt8(ascii: "A") && character <= UInt8(ascii: "Z") ? 1 : 0)
        }
        self.mask = mask
        self.match = match
        self.nonzero = nonzero
    }

    /// The picture's width in bits: 16 or 32.
    var width: Int { picture.utf8.filter { $0 != UInt8(ascii: " ") }.count }

    func matches(_ bits: UInt32) -> Bool {
        bits & mask == match && (nonzero == 0 || bits & nonzero != 0)
    }
}
