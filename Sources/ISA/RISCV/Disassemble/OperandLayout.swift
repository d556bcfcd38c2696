// How the operands of each operation are written.

/// The table of operand layouts, one for each way in which operands are written.
///
/// In a layout, letters stand for operands: `d` `s` `t` the integer registers rd, rs1 and rs2; `D` `S`
/// `T` `R` the floating-point registers rd, rs1, rs2 and rs3; `i` the immediate, `h` the immediate in
/// hexadecimal, `u` its upper 20 bits, `b` the target of a jump, `c` a control register, `z` the
/// immediate in rs1's place, `p` `q` the sets of a fence and `m` the rounding mode.
enum OperandLayout {
    /// The layout of `operation`; empty when it has no operands.
    static func of(_ operation: Operation) -> String { byOperation[Int(operation.rawValue)] }

    private static let byOperation: [String] = {
        var table = [String](repeating: "", count: Operation.allCases.count)
        for (layout, operations) in all {
            for operation in operations { table[Int(operation.rawValue)] = layout }
        }
        return table
    }()

    static let all: [(layout: String, operations: [Operation])] = integer + atomic + float

    private static let integer: [(String, [Operation])] = [
        ("", [.ecall, .ebreak, .fence_i, .sret, .mret, .wfi, .illegal]),
        ("d,u", [.lui, .auipc]),
        ("d,b", [.jal]),
        ("s,t,b", [.beq, .bne, .blt, .bge, .bltu, .bgeu]),
        ("d,i(s)", [.jalr, .lb, .lh, .lw, .ld, .lbu, .lhu, .lwu]),
        ("t,i(s)", [.sb, .sh, .sw, .sd]),
        ("d,s,i", [.addi, .slti, .sltiu, .xori, .ori, .andi, .addiw]),
        ("d,s,h", [.slli, .srli, .srai, .slliw, .srliw, .sraiw, .slli_uw, .rori, .roriw]),
        ("d,s,h", [.bclri, .bexti, .binvi, .bseti]),
        ("d,s,t", [.add, .sub, .sll, .slt, .sltu, .xor, .srl, .sra, .or, .and]),
        ("d,s,t", [.addw, .subw, .sllw, .srlw, .sraw]),
        ("d,s,t", [.mul, .mulh, .mulhsu, .mulhu, .div, .divu, .rem, .remu]),
        ("d,s,t", [.mulw, .divw, .divuw, .remw, .remuw]),
        ("d,s,t", [.add_uw, .sh1add, .sh2add, .sh3add, .sh1add_uw, .sh2add_uw, .sh3add_uw]),
        ("d,s,t", [.andn, .orn, .xnor, .max, .maxu, .min, .minu, .rol, .ror, .rolw, .rorw]),
        ("d,s,t", [.bclr, .bext, .binv, .bset]),
        ("d,s", [.clz, .ctz, .cpop, .clzw, .ctzw, .cpopw]),
        ("d,s", [.sext_b, .sext_h, .zext_h, .orc_b, .rev8]),
        ("p,q", [.fence]),
        ("d,c,s", [.csrrw, .csrrs, .csrrc]),
        ("d,c,z", [.csrrwi, .csrrsi, .csrrci]),
        ("(s)", [.cbo_zero]),
        ("s,t", [.sfence_vma]),
    ]

    private static let atomic: [(String, [Operation])] = [
        ("d,(s)", [.lr_w, .lr_d]),
        ("d,t,(s)", [.sc_w, .amoswap_w, .amoadd_w, .amoxor_w, .amoand_w, .amoor_w]),
        ("d,t,(s)", [.amomin_w, .amomax_w, .amominu_w, .amomaxu_w]),
        ("d,t,(s)", [.sc_d, .amoswap_d, .amoadd_d, .amoxor_d, .amoand_d, .amoor_d]),
        ("d,t,(s)", [.amomin_d, .amomax_d, .amominu_d, .amomaxu_d]),
    ]

    private static let float: [(String, [Operation])] = [
        ("D,i(s)", [.flw, .fld]),
        ("T,i(s)", [.fsw, .fsd]),
        ("D,S,T,Rm", [.fmadd_s, .fmsub_s, .fnmsub_s, .fnmadd_s, .fmadd_d, .fmsub_d, .fnmsub_d, .fnmadd_d]),
        ("D,S,Tm", [.fadd_s, .fsub_s, .fmul_s, .fdiv_s, .fadd_d, .fsub_d, .fmul_d, .fdiv_d]),
        ("D,Sm", [.fsqrt_s, .fsqrt_d, .fcvt_s_d]),
        ("D,S,T", [.fsgnj_s, .fsgnjn_s, .fsgnjx_s, .fmin_s, .fmax_s]),
        ("D,S,T", [.fsgnj_d, .fsgnjn_d, .fsgnjx_d, .fmin_d, .fmax_d]),
        ("d,S,T", [.feq_s, .flt_s, .fle_s, .feq_d, .flt_d, .fle_d]),
        ("d,S", [.fclass_s, .fclass_d, .fmv_x_w, .fmv_x_d]),
        ("D,s", [.fmv_w_x, .fmv_d_x]),
        ("d,Sm", [.fcvt_w_s, .fcvt_wu_s, .fcvt_l_s, .fcvt_lu_s]),
        ("d,Sm", [.fcvt_w_d, .fcvt_wu_d, .fcvt_l_d, .fcvt_lu_d]),
        ("D,sm", [.fcvt_s_w, .fcvt_s_wu, .fcvt_s_l, .fcvt_s_lu, .fcvt_d_l, .fcvt_d_lu]),
        // Exact conversions: the mode has no meaning, and assemblers know none here.
        ("D,s", [.fcvt_d_w, .fcvt_d_wu]),
        ("D,S", [.fcvt_d_s]),
    ]
}
