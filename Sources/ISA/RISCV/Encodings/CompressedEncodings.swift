// Pictures of the C extension (with its F and D loads and stores): each stands for a full instruction.

extension EncodingTable {
    /// Unprivileged ISA, chapter "C", "RVC Instruction Set Listings". Where two pictures overlap, the
    /// more specific one comes first.
    static let compressed: [Encoding] = [
        // quadrant 0
        Encoding(.addi, "000 IIIIIIII ddd 00", .addi4spn),
        Encoding(.fld, "001 iii rrr ii ddd 00", .compressedLoadDouble),
        Encoding(.lw, "010 iii rrr ii ddd 00", .compressedLoadWord),
        Encoding(.ld, "011 iii rrr ii ddd 00", .compressedLoadDouble),
        Encoding(.fsd, "101 iii rrr ii sss 00", .compressedStoreDouble),
        Encoding(.sw, "110 iii rrr ii sss 00", .compressedStoreWord),
        Encoding(.sd, "111 iii rrr ii sss 00", .compressedStoreDouble),
        // quadrant 1
        Encoding(.addi, "000 i ddddd iiiii 01", .compressedImmediate),
        Encoding(.addiw, "001 i DDDDD iiiii 01", .compressedImmediate),
        Encoding(.addi, "010 i ddddd iiiii 01", .compressedLoadImmediate),
        Encoding(.addi, "011 I 00010 IIIII 01", .addi16sp),
        Encoding(.illegal, "011 0 00010 00000 01", .none),
        Encoding(.lui, "011 I ddddd IIIII 01", .compressedLui),
        Encoding(.srli, "100 i 00 ddd iiiii 01", .compressedShiftPrime),
        Encoding(.srai, "100 i 01 ddd iiiii 01", .compressedShiftPrime),
        Encoding(.andi, "100 i 10 ddd iiiii 01", .compressedAndImmediate),
        Encoding(.sub, "100 0 11 ddd 00 sss 01", .compressedArithmetic),
        Encoding(.xor, "100 0 11 ddd 01 sss 01", .compressedArithmetic),
        Encoding(.or, "100 0 11 ddd 10 sss 01", .compressedArithmetic),
        Encoding(.and, "100 0 11 ddd 11 sss 01", .compressedArithmetic),
        Encoding(.subw, "100 1 11 ddd 00 sss 01", .compressedArithmetic),
        Encoding(.addw, "100 1 11 ddd 01 sss 01", .compressedArithmetic),
        Encoding(.jal, "101 iiiiiiiiiii 01", .compressedJump),
        Encoding(.beq, "110 iii rrr iiiii 01", .compressedBranch),
        Encoding(.bne, "111 iii rrr iiiii 01", .compressedBranch),
        // quadrant 2
        Encoding(.slli, "000 i ddddd iiiii 10", .compressedShift),
        Encoding(.fld, "001 i ddddd iiiii 10", .loadDoubleSP),
        Encoding(.lw, "010 i DDDDD iiiii 10", .loadWordSP),
        Encoding(.ld, "011 i DDDDD iiiii 10", .loadDoubleSP),
        Encoding(.jalr, "100 0 RRRRR 00000 10", .jumpRegister),
        Encoding(.add, "100 0 ddddd SSSSS 10", .move),
        Encoding(.ebreak, "100 1 00000 00000 10", .none),
        Encoding(.jalr, "100 1 RRRRR 00000 10", .jumpAndLinkRegister),
        Encoding(.add, "100 1 ddddd SSSSS 10", .compressedAdd),
        Encoding(.fsd, "101 iiiiii sssss 10", .storeDoubleSP),
        Encoding(.sw, "110 iiiiii sssss 10", .storeWordSP),
        Encoding(.sd, "111 iiiiii sssss 10", .storeDoubleSP),
    ]
}
