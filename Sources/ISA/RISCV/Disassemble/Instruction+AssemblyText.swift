// The disassembler: a decoded instruction as a line of assembly language.

extension Instruction {
    /// The instruction in the syntax of the GNU assembler, for instance `addi sp,sp,-16`.
    ///
    /// Real instructions are shown, never pseudo-instructions (`addi zero,zero,0`, not `nop`), with
    /// ABI register names. A compressed instruction is shown as the full one that it stands for,
    /// because that is what happens; its `length` tells the encodings apart. Jump and branch targets
    /// are addresses, a rounding mode is shown when it is not the dynamic one, and what is no
    /// instruction is shown as data.
    ///
    /// The names and operand orders are those of the Unprivileged ISA, chapter "RISC-V Assembly
    /// Programmer's Handbook".
    /// - Parameter pc: the address of the instruction.
    public func assemblyText(at pc: UInt64) -> String {
        if operation == .illegal { return dataText }
        if isTotalStoreOrderFence { return "fence.tso" }
        let name = operation.mnemonic + orderingSuffix
        let operands = OperandLayout.of(operation)
        return operands.isEmpty ? name : name + " " + text(of: operands, at: pc)
    }

    private var dataText: String { (length == 2 ? ".2byte " : ".4byte ") + hexadecimal(UInt64(bits)) }

    /// `fence.tso` is a fence of reads and writes with the mode 8 (Unprivileged ISA, "FENCE").
    private var isTotalStoreOrderFence: Bool { operation == .fence && bits >> 20 == 0x833 }

    /// The ordering bits of the A extension.
    private var orderingSuffix: String {
        let isAtomic = length == 4 && bits & 0x7f == 0b0101111
        return isAtomic ? ["", ".rl", ".aq", ".aqrl"][Int((bits >> 25) & 3)] : ""
    }

    /// Fills a layout: its letters become operands, everything else stays.
    private func text(of layout: String, at pc: UInt64) -> String {
        var text = ""
        for letter in layout {
            switch letter {
            // Optional, so it brings its own comma.
            case "m": text += rounding == 7 ? "" : "," + Self.roundingNames[Int(rounding & 7)]
            default: text += operand(letter, at: pc) ?? String(letter)
            }
        }
        return text
    }

    /// The operand that `letter` of a layout stands for; nil for punctuation.
    private func operand(_ letter: Character, at pc: UInt64) -> String? {
        switch letter {
        case "d": RegisterNames.integer[Int(rd & 31)]
        case "s": RegisterNames.integer[Int(rs1 & 31)]
        case "t": RegisterNames.integer[Int(rs2 & 31)]
        case "D": RegisterNames.float[Int(rd & 31)]
        case "S": RegisterNames.float[Int(rs1 & 31)]
        case "T": RegisterNames.float[Int(rs2 & 31)]
        case "R": RegisterNames.float[Int(rs3 & 31)]
        case "i": String(immediate)
        case "h": hexadecimal(UInt64(UInt32(bitPattern: immediate)))
        case "u": hexadecimal(UInt64(UInt32(bitPattern: immediate) >> 12))
        case "b": hexadecimal(pc &+ UInt64(bitPattern: Int64(immediate)))
        case "c": RegisterNames.control(UInt16(truncatingIfNeeded: immediate))
        case "z": String(rs1)
        case "p": Self.accessSet(bits >> 24)
        case "q": Self.accessSet(bits >> 20)
        default: nil
        }
    }

    /// Modes 5 and 6 are reserved: the instruction is illegal.
    private static let roundingNames = ["rne", "rtz", "rdn", "rup", "rmm", "unknown", "unknown", "dyn"]

    /// Which accesses one side of a fence means: device input and output, memory reads and writes.
    private static func accessSet(_ bits: UInt32) -> String {
        let letters = zip("iorw", [8, 4, 2, 1] as [UInt32]).filter { bits & $0.1 != 0 }
        return letters.isEmpty ? "0" : String(letters.map(\.0))
    }

    private func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
