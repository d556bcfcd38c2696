// A translated run of guest instructions.

/// A run of guest instructions that is entered at its start and left at its one terminator, or earlier
/// where an instruction is interrupted.
///
/// A block's instructions lie one behind the other in guest memory. A trace is a block that follows jumps
/// and branches the way they went before: it is left early where one goes the other way.
///
/// - Values are named by the index of the instruction that computes them; operands come earlier.
/// - `instructionStart` marks where a guest instruction begins: its distance from the block's guest
///   address is the immediate, its length the detail. Interruptions and counting are exact by them.
/// - Addresses of guest code occur only as distances from the block's guest address, so one block
///   serves every address at which the same code is mapped.
/// - Whenever something outside the block looks (a host call, an interruption, the end), the program
///   counter in the CPU state is exact: the address of the current guest instruction, and at the end
///   that of the next one. In between instructions neither read nor write it in the state.
public struct IRBlock: Hashable, Sendable {
    /// All instructions, the terminator last.
    public let instructions: [IRInstruction]
    /// The number of guest instructions.
    public let guestInstructionCount: Int
    /// Where the guest code is: distances from the block's guest address, which the range contains.
    public let guestRange: Range<Int64>
    /// The block follows jumps.
    public let isTrace: Bool

    /// The number of bytes of guest code behind the block's guest address.
    public var guestByteCount: Int { Int(guestRange.upperBound) }

    /// A block of `instructions`, which nobody has checked; see `IRVerifier`.
    public init(_ instructions: [IRInstruction]) {
        self.instructions = instructions
        var count = 0
        var range: Range<Int64> = 0..<0
        var isTrace = false
        for instruction in instructions where instruction.op == .instructionStart {
            isTrace = isTrace || count > 0 && instruction.distance != range.upperBound
            count += 1
            let end = instruction.distance &+ Int64(instruction.detail)
            range = min(range.lowerBound, instruction.distance)..<max(range.upperBound, end)
        }
        guestInstructionCount = count
        guestRange = range
        self.isTrace = isTrace
    }

    /// A block of `instructions` whose markers are counted already.
    init(
        _ instructions: [IRInstruction], guestInstructionCount: Int, guestRange: Range<Int64>, isTrace: Bool
    ) {
        self.instructions = instructions
        self.guestInstructionCount = guestInstructionCount
        self.guestRange = guestRange
        self.isTrace = isTrace
    }

    /// The most instructions that a block may have.
    public static var maximumInstructionCount: Int { 1 << 16 }
    /// The longest guest instruction in bytes (x86 has the longest: Intel SDM volume 2, section 2.3.11).
    public static var maximumGuestInstructionLength: Int { 15 }
}
