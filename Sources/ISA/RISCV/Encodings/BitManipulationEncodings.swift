// Pictures of Zba, Zbb and Zbs.

extension EncodingTable {
    /// Unprivileged ISA, chapter "B".
    static let bitManipulation: [Encoding] = [
        // Zba
        Encoding(.add_uw, "0000100 sssss rrrrr 000 ddddd 0111011", .r),
        Encoding(.sh1add, "0010000 sssss rrrrr 010 ddddd 0110011", .r),
        Encoding(.sh2add, "0010000 sssss rrrrr 100 ddddd 0110011", .r),
        Encoding(.sh3add, "0010000 sssss rrrrr 110 ddddd 0110011", .r),
        Encoding(.sh1add_uw, "0010000 sssss rrrrr 010 ddddd 0111011", .r),
        Encoding(.sh2add_uw, "0010000 sssss rrrrr 100 ddddd 0111011", .r),
        Encoding(.sh3add_uw, "0010000 sssss rrrrr 110 ddddd 0111011", .r),
        Encoding(.slli_uw, "000010i iiiii rrrrr 001 ddddd 0011011", .shift),
        // Zbb
        Encoding(.andn, "0100000 sssss rrrrr 111 ddddd 0110011", .r),
        Encoding(.orn, "0100000 sssss rrrrr 110 ddddd 0110011", .r),
        Encoding(.xnor, "0100000 sssss rrrrr 100 ddddd 0110011", .r),
        Encoding(.clz, "0110000 00000 rrrrr 001 ddddd 0010011", .r),
        Encoding(.ctz, "0110000 00001 rrrrr 001 ddddd 0010011", .r),
        Encoding(.cpop, "0110000 00010 rrrrr 001 ddddd 0010011", .r),
        Encoding(.sext_b, "0110000 00100 rrrrr 001 ddddd 0010011", .r),
        Encoding(.sext_h, "0110000 00101 rrrrr 001 ddddd 0010011", .r),
        Encoding(.clzw, "0110000 00000 rrrrr 001 ddddd 0011011", .r),
        Encoding(.ctzw, "0110000 00001 rrrrr 001 ddddd 0011011", .r),
        Encoding(.cpopw, "0110000 00010 rrrrr 001 ddddd 0011011", .r),
        Encoding(.min, "0000101 sssss rrrrr 100 ddddd 0110011", .r),
        Encoding(.minu, "0000101 sssss rrrrr 101 ddddd 0110011", .r),
        Encoding(.max, "0000101 sssss rrrrr 110 ddddd 0110011", .r),
        Encoding(.maxu, "0000101 sssss rrrrr 111 ddddd 0110011", .r),
        Encoding(.zext_h, "0000100 00000 rrrrr 100 ddddd 0111011", .r),
        Encoding(.rol, "0110000 sssss rrrrr 001 ddddd 0110011", .r),
        Encoding(.ror, "0110000 sssss rrrrr 101 ddddd 0110011", .r),
        Encoding(.rori, "011000i iiiii rrrrr 101 ddddd 0010011", .shift),
        Encoding(.rolw, "0110000 sssss rrrrr 001 ddddd 0111011", .r),
        Encoding(.rorw, "0110000 sssss rrrrr 101 ddddd 0111011", .r),
        Encoding(.roriw, "0110000 iiiii rrrrr 101 ddddd 0011011", .shift),
        Encoding(.orc_b, "0010100 00111 rrrrr 101 ddddd 0010011", .r),
        Encoding(.rev8, "0110101 11000 rrrrr 101 ddddd 0010011", .r),
        // Zbs
        Encoding(.bclr, "0100100 sssss rrrrr 001 ddddd 0110011", .r),
        Encoding(.bclri, "010010i iiiii rrrrr 001 ddddd 0010011", .shift),
        Encoding(.bext, "0100100 sssss rrrrr 101 ddddd 0110011", .r),
        Encoding(.bexti, "010010i iiiii rrrrr 101 ddddd 0010011", .shift),
        Encoding(.binv, "0110100 sssss rrrrr 001 ddddd 0110011", .r),
        Encoding(.binvi, "011010i iiiii rrrrr 001 ddddd 0010011", .shift),
        Encoding(.bset, "0010100 sssss rrrrr 001 ddddd 0110011", .r),
        Encoding(.bseti, "001010i iiiii rrrrr 001 ddddd 0010011", .shift),
    ]
}
