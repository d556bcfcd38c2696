// The operations of the instruction set; compressed instructions are other encodings of the same.

/// What an instruction does. The names are the manual's mnemonics with `_` for `.`.
public enum Operation: UInt8, CaseIterable, Sendable, BitwiseCopyable {
    // RV64I
    case lui, auipc, jal, jalr
    case beq, bne, blt, bge, bltu, bgeu
    case lb, lh, lw, ld, lbu, lhu, lwu, sb, sh, sw, sd
    case addi, slti, sltiu, xori, ori, andi, slli, srli, srai
    case add, sub, sll, slt, sltu, xor, srl, sra, or, and
    case addiw, slliw, srliw, sraiw, addw, subw, sllw, srlw, sraw
    case fence, ecall, ebreak
    // Zifencei, Zicsr, Zicboz
    case fence_i
    case csrrw, csrrs, csrrc, csrrwi, csrrsi, csrrci
    case cbo_zero
    // Privileged
    case sret, mret, wfi, sfence_vma
    // M
    case mul, mulh, mulhsu, mulhu, div, divu, rem, remu
    case mulw, divw, divuw, remw, remuw
    // A
    case lr_w, sc_w, amoswap_w, amoadd_w, amoxor_w, amoand_w, amoor_w
    case amomin_w, amomax_w, amominu_w, amomaxu_w
    case lr_d, sc_d, amoswap_d, amoadd_d, amoxor_d, amoand_d, amoor_d
    case amomin_d, amomax_d, amominu_d, amomaxu_d
    // F
    case flw, fsw, fmadd_s, fmsub_s, fnmsub_s, fnmadd_s
    case fadd_s, fsub_s, fmul_s, fdiv_s, fsqrt_s, fsgnj_s, fsgnjn_s, fsgnjx_s, fmin_s, fmax_s
    case feq_s, flt_s, fle_s, fclass_s, fmv_x_w, fmv_w_x
    case fcvt_w_s, fcvt_wu_s, fcvt_l_s, fcvt_lu_s, fcvt_s_w, fcvt_s_wu, fcvt_s_l, fcvt_s_lu
    // D
    case fld, fsd, fmadd_d, fmsub_d, fnmsub_d, fnmadd_d
    case fadd_d, fsub_d, fmul_d, fdiv_d, fsqrt_d, fsgnj_d, fsgnjn_d, fsgnjx_d, fmin_d, fmax_d
    case feq_d, flt_d, fle_d, fclass_d, fmv_x_d, fmv_d_x, fcvt_s_d, fcvt_d_s
    case fcvt_w_d, fcvt_wu_d, fcvt_l_d, fcvt_lu_d, fcvt_d_w, fcvt_d_wu, fcvt_d_l, fcvt_d_lu
    // Zba
    case add_uw, sh1add, sh2add, sh3add, sh1add_uw, sh2add_uw, sh3add_uw, slli_uw
    // Zbb
    case andn, orn, xnor, clz, ctz, cpop, clzw, ctzw, cpopw, max, maxu, min, minu
    case sext_b, sext_h, zext_h, rol, ror, rori, rolw, rorw, roriw, orc_b, rev8
    // Zbs
    case bclr, bclri, bext, bexti, binv, binvi, bset, bseti
    /// No instruction: raises the illegal-instruction exception.
    case illegal

    /// The manual's mnemonic, for instance `amoadd.w`.
    public var mnemonic: String {
        String(String(describing: self).map { $0 == "_" ? "." : $0 })
    }
}
