// One line of the decode cache: an instruction with the bytes that it was made of.
import MachineCore

/// A decoded instruction. It is valid for its bytes in its mode, wherever they are, so that nobody has to be told when
/// memory changes.
struct DecodedRecord {
    /// The bytes, little endian, and which of them count.
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var lowMask: UInt64 = 0
    private var highMask: UInt64 = 0
    /// The mode; nothing has the one that an empty record has.
    private var mode: UInt64 = .max
    var instruction = Instruction()

    init() {}

    init(_ low: UInt64, _ high: UInt64, _ mode: CPUMode, _ instruction: Instruction) {
        let bits = UInt64(instruction.length) * 8
        lowMask = bits >= 64 ? .max : (1 << bits) &- 1
        highMask = bits <= 64 ? 0 : (1 << (bits - 64)) &- 1
        (self.low, self.high) = (low & lowMask, high & highMask)
        self.mode = mode.key
        self.instruction = instruction
    }

    /// The record is of the instruction that these 16 bytes begin with.
    @inline(__always)
    func matches(_ low: UInt64, _ high: UInt64, _ mode: UInt64) -> Bool {
        self.low == low & lowMask && self.high == high & highMask && self.mode == mode
    }
}
