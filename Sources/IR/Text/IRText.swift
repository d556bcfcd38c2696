// The text form of blocks: one line per instruction.

/// Blocks as text, for golden files, bug reports and hand-written tests.
///
///     ; addi a0, a0, 1 ; beqz a0, +16
///     instruction pc+0x0, 4
///     %1 = load.state 0x50, double
///     %2 = constant 0x1
///     %3 = add %1, %2
///     store.state 0x50, %3, double
///     instruction pc+0x4, 4
///     ...
///     branch %8, pc+0x14, pc+0x8
///
/// A line is `[%N =] name arguments`. The arguments that the operation has (`IROp.table`) come in this
/// order: immediate, detail, operands, the two targets of a branch, access width. `;` starts a comment.
/// Numbers are decimal or `0x` hexadecimal. The printer numbers results by instruction index; the
/// parser accepts any numbers, each defined once and before use.
public enum IRText {
    /// The longest text in bytes that `parse` accepts.
    public static var maximumByteCount: Int { 8 << 20 }

    static let widthNames = ["byte", "half", "word", "double"]
    static let fenceNames = ["acquire.release", "full"]
    static let atomicNames = [
        "exchange", "add", "and", "or", "xor",
        "minimum.signed", "maximum.signed", "minimum.unsigned", "maximum.unsigned",
    ]
}

/// A text that is not a block.
public struct IRTextError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// The byte column, from 1.
    public let column: Int
    /// What is wrong there.
    public let message: String

    public var description: String { "line \(line), column \(column): \(message)" }
}
