// What instructions do: one operation for each meaning, whatever the encoding and the operand size.

/// An operation; named as in the manual, but for sizes that the operands tell. Conditional ones are `jcc`,
/// `setcc` and `cmovcc`.
enum Operation: UInt16, CaseIterable {
    // The one-byte map
    case add, or, adc, sbb, and, sub, xor, cmp, rol, ror, rcl, rcr, shl, shr, sar, push, pop, daa, das, aaa
    case aas, inc, dec, pusha, popa, bound, arpl, movsxd, imul, ins, outs, jcc, test, xchg, mov, lea, pause
    case nop, cbw, cwd, callf, fwait, pushf, popf, sahf, lahf, movs, cmps, stos, lods, scas, ret, les, lds
    case enter, leave, retf, int3, int, into, iret, aam, aad, salc, xlat, loopne, loope, loop, jcxz, `in`
    case out, call, jmp, jmpf, int1, hlt, cmc, not, neg, mul, div, idiv, clc, stc, cli, sti, cld, std
    // The two-byte map: integers and system; BMI
    case sldt, str, lldt, ltr, verr, verw, sgdt, sidt, lgdt, lidt, smsw, lmsw, invlpg, monitor, mwait, clac
    case stac, xgetbv, xsetbv, swapgs, rdtscp, lar, lsl, syscall, clts, sysret, invd, wbinvd, ud2, wrmsr
    case rdtsc, rdmsr, rdpmc, sysenter, sysexit, cmovcc, setcc, cpuid, bt, shld, rsm, bts, shrd, fxsave
    case fxrstor, ldmxcsr, stmxcsr, xsave, xrstor, xsaveopt, clflush, clflushopt, lfence, mfence, sfence
    case rdfsbase, rdgsbase, wrfsbase, wrgsbase, cmpxchg, lss, btr, lfs, lgs, movzx, popcnt, ud1, btc, tzcnt
    case bsf, lzcnt, bsr, movsx, xadd, cmpxchg8b, rdrand, rdseed, bswap, ud0, movbe, crc32, invpcid, adcx
    case adox, andn, blsr, blsmsk, blsi, bzhi, pext, pdep, mulx, bextr, shlx, sarx, shrx, rorx
    // x87
    case fadd, fmul, fcom, fcomp, fsub, fsubr, fdiv, fdivr, fiadd, fimul, ficom, ficomp, fisub, fisubr
    case fidiv, fidivr, faddp, fmulp, fsubp, fsubrp, fdivp, fdivrp, fld, fst, fstp, fldenv, fldcw, fnstenv
    case fnstcw, fxch, fnop, fstpnce, fchs, fabs, ftst, fxam, fld1, fldl2t, fldl2e, fldpi, fldlg2, fldln2
    case fldz, f2xm1, fyl2x, fptan, fpatan, fxtract, fprem1, fdecstp, fincstp, fprem, fyl2xp1, fsqrt
    case fsincos, frndint, fscale, fsin, fcos, fcmovb, fcmove, fcmovbe, fcmovu, fucompp, fild, fisttp, fist
    case fistp, fcmovnb, fcmovne, fcmovnbe, fcmovnu, fnclex, fninit, fucomi, fcomi, frstor, fnsave, fnstsw
    case ffree, fucom, fucomp, fcompp, fbld, fbstp, ffreep, fucomip, fcomip
    // MMX and packed integers
    case punpcklbw, punpcklwd, punpckldq, packsswb, pcmpgtb, pcmpgtw, pcmpgtd, packuswb, punpckhbw
    case punpckhwd, punpckhdq, packssdw, pcmpeqb, pcmpeqw, pcmpeqd, psrlw, psrld, psrlq, paddq, pmullw
    case psubusb, psubusw, pminub, pand, paddusb, paddusw, pmaxub, pandn, pavgb, psraw, psrad, pavgw
    case pmulhuw, pmulhw, psubsb, psubsw, pminsw, por, paddsb, paddsw, pmaxsw, pxor, psllw, pslld, psllq
    case pmuludq, pmaddwd, psadbw, psubb, psubw, psubd, psubq, paddb, paddw, paddd, pshufb, phaddw, phaddd
    case phaddsw, pmaddubsw, phsubw, phsubd, phsubsw, psignb, psignw, psignd, pmulhrsw, pabsb, pabsw, pabsd
    // SSE to SSE4.2, AES, PCLMULQDQ
    case sqrtps, sqrtpd, sqrtss, sqrtsd, addps, addpd, addss, addsd, mulps, mulpd, mulss, mulsd, subps
    case subpd, subss, subsd, minps, minpd, minss, minsd, divps, divpd, divss, divsd, maxps, maxpd, maxss
    case maxsd, movups, movupd, movss, movsd, movlps, movhlps, movlpd, movsldup, movddup, unpcklps, unpcklpd
    case unpckhps, unpckhpd, movhps, movlhps, movhpd, movshdup, movaps, movapd, cvtpi2ps, cvtpi2pd, cvtsi2ss
    case cvtsi2sd, movntps, movntpd, cvttps2pi, cvttpd2pi, cvttss2si, cvttsd2si, cvtps2pi, cvtpd2pi
    case cvtss2si, cvtsd2si, ucomiss, ucomisd, comiss, comisd, movmskps, movmskpd, rsqrtps, rsqrtss, rcpps
    case rcpss, andps, andpd, andnps, andnpd, orps, orpd, xorps, xorpd, cvtps2pd, cvtpd2ps, cvtss2sd
    case cvtsd2ss, cvtdq2ps, cvtps2dq, cvttps2dq, punpcklqdq, punpckhqdq, movd, movq, movdqa, movdqu, pshufw
    case pshufd, pshufhw, pshuflw, psrldq, pslldq, emms, haddpd, haddps, hsubpd, hsubps, cmpps, cmppd, cmpss
    case cmpsd, pinsrw, pextrw, shufps, shufpd, addsubpd, addsubps, movq2dq, movdq2q, pmovmskb, cvttpd2dq
    case cvtdq2pd, cvtpd2dq, movntq, movntdq, lddqu, maskmovq, maskmovdqu, pblendvb, blendvps, blendvpd
    case ptest, pmovsxbw, pmovsxbd, pmovsxbq, pmovsxwd, pmovsxwq, pmovsxdq, pmuldq, pcmpeqq, movntdqa
    case packusdw, pmovzxbw, pmovzxbd, pmovzxbq, pmovzxwd, pmovzxwq, pmovzxdq, pcmpgtq, pminsb, pminsd
    case pminuw, pminud, pmaxsb, pmaxsd, pmaxuw, pmaxud, pmulld, phminposuw, aesimc, aesenc, aesenclast
    case aesdec, aesdeclast, roundps, roundpd, roundss, roundsd, blendps, blendpd, pblendw, palignr, pextrb
    case pextrd, extractps, pinsrb, insertps, pinsrd, dpps, dppd, mpsadbw, pclmulqdq, pcmpestrm, pcmpestri
    case pcmpistrm, pcmpistri, aeskeygenassist
}

extension Operation {
    /// The name in assembly language and in the opcode map.
    var name: String { String(describing: self) }

    /// Operations by name.
    static let named = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })
}
