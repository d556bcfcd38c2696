// MMX, SSE to SSE4.2, AES and PCLMULQDQ in the opcode maps (Intel SDM volume 2, appendix A).

extension OpcodeMap {
    /// Operations on packed integers that exist for MMX registers (no prefix) and for XMM registers (66).
    private static let packed = """
        0f60 punpcklbw,0f61 punpcklwd,0f62 punpckldq,0f63 packsswb,0f64 pcmpgtb,0f65 pcmpgtw,0f66 pcmpgtd
        0f67 packuswb,0f68 punpckhbw,0f69 punpckhwd,0f6a punpckhdq,0f6b packssdw,0f74 pcmpeqb,0f75 pcmpeqw
        0f76 pcmpeqd,0fd1 psrlw,0fd2 psrld,0fd3 psrlq,0fd4 paddq,0fd5 pmullw,0fd8 psubusb,0fd9 psubusw
        0fda pminub,0fdb pand,0fdc paddusb,0fdd paddusw,0fde pmaxub,0fdf pandn,0fe0 pavgb,0fe1 psraw
        0fe2 psrad,0fe3 pavgw,0fe4 pmulhuw,0fe5 pmulhw,0fe8 psubsb,0fe9 psubsw,0fea pminsw,0feb por
        0fec paddsb,0fed paddsw,0fee pmaxsw,0fef pxor,0ff1 psllw,0ff2 pslld,0ff3 psllq,0ff4 pmuludq
        0ff5 pmaddwd,0ff6 psadbw,0ff8 psubb,0ff9 psubw,0ffa psubd,0ffb psubq,0ffc paddb,0ffd paddw,0ffe paddd
        0f3800 pshufb,0f3801 phaddw,0f3802 phaddd,0f3803 phaddsw,0f3804 pmaddubsw,0f3805 phsubw,0f3806 phsubd
        0f3807 phsubsw,0f3808 psignb,0f3809 psignw,0f380a psignd,0f380b pmulhrsw,0f381c pabsb,0f381d pabsw
        0f381e pabsd
        """

    /// Floating-point operations: packed single (no prefix), packed double (66), scalar single (F3) and
    /// scalar double (F2).
    private static let arithmetic = """
        0f51 sqrt,0f58 add,0f59 mul,0f5c sub,0f5d min,0f5e div,0f5f max
        """

    private static func pairs(_ text: String) -> [(opcode: Substring, name: Substring)] {
        text.split(whereSeparator: { $0 == "," || $0 == "\n" }).map { pair in
            let words = pair.split(separator: " ")
            return (words[0], words[1])
        }
    }

    static let packedRows: [String] = pairs(packed).flatMap { opcode, name in
        // The shifts take their count from a whole register, and unpacking low halves from half of one.
        ["np \(opcode) \(name) Pq,Qq", "66 \(opcode) \(name) Vx,Wx"]
    }

    static let vectorFloatRows: [String] = pairs(arithmetic).flatMap { opcode, name in
        [
            "np \(opcode) \(name)ps Vx,Wx", "66 \(opcode) \(name)pd Vx,Wx",
            "f3 \(opcode) \(name)ss Vd,Wd", "f2 \(opcode) \(name)sd Vq,Wq",
        ]
    }

    static let vectorRows = """
        np 0f10 movups Vx,Wx
        66 0f10 movupd Vx,Wx
        f3 0f10 movss Vd,Wd
        f2 0f10 movsd Vq,Wq
        np 0f11 movups Wx,Vx
        66 0f11 movupd Wx,Vx
        f3 0f11 movss Wd,Vd
        f2 0f11 movsd Wq,Vq
        np 0f12 movlps Vq,Mq
        np 0f12 movhlps Vq,Uq
        66 0f12 movlpd Vq,Mq
        f3 0f12 movsldup Vx,Wx
        f2 0f12 movddup Vx,Wq
        np 0f13 movlps Mq,Vq
        66 0f13 movlpd Mq,Vq
        np 0f14 unpcklps Vx,Wx
        66 0f14 unpcklpd Vx,Wx
        np 0f15 unpckhps Vx,Wx
        66 0f15 unpckhpd Vx,Wx
        np 0f16 movhps Vq,Mq
        np 0f16 movlhps Vq,Uq
        66 0f16 movhpd Vq,Mq
        f3 0f16 movshdup Vx,Wx
        np 0f17 movhps Mq,Vq
        66 0f17 movhpd Mq,Vq
        np 0f28 movaps Vx,Wx
        66 0f28 movapd Vx,Wx
        np 0f29 movaps Wx,Vx
        66 0f29 movapd Wx,Vx
        np 0f2a cvtpi2ps Vq,Qq
        66 0f2a cvtpi2pd Vx,Qq
        f3 0f2a cvtsi2ss Vd,Ey
        f2 0f2a cvtsi2sd Vq,Ey
        np 0f2b movntps Mx,Vx
        66 0f2b movntpd Mx,Vx
        np 0f2c cvttps2pi Pq,Wq
        66 0f2c cvttpd2pi Pq,Wx
        f3 0f2c cvttss2si Gy,Wd
        f2 0f2c cvttsd2si Gy,Wq
        np 0f2d cvtps2pi Pq,Wq
        66 0f2d cvtpd2pi Pq,Wx
        f3 0f2d cvtss2si Gy,Wd
        f2 0f2d cvtsd2si Gy,Wq
        np 0f2e ucomiss Vd,Wd
        66 0f2e ucomisd Vq,Wq
        np 0f2f comiss Vd,Wd
        66 0f2f comisd Vq,Wq
        np 0f50 movmskps Gd,Ux
        66 0f50 movmskpd Gd,Ux
        np 0f52 rsqrtps Vx,Wx
        f3 0f52 rsqrtss Vd,Wd
        np 0f53 rcpps Vx,Wx
        f3 0f53 rcpss Vd,Wd
        np 0f54 andps Vx,Wx
        66 0f54 andpd Vx,Wx
        np 0f55 andnps Vx,Wx
        66 0f55 andnpd Vx,Wx
        np 0f56 orps Vx,Wx
        66 0f56 orpd Vx,Wx
        np 0f57 xorps Vx,Wx
        66 0f57 xorpd Vx,Wx
        np 0f5a cvtps2pd Vx,Wq
        66 0f5a cvtpd2ps Vx,Wx
        f3 0f5a cvtss2sd Vd,Wd
        f2 0f5a cvtsd2ss Vq,Wq
        np 0f5b cvtdq2ps Vx,Wx
        66 0f5b cvtps2dq Vx,Wx
        f3 0f5b cvttps2dq Vx,Wx
        66 0f6c punpcklqdq Vx,Wx
        66 0f6d punpckhqdq Vx,Wx
        np 0f6e movd Py,Ey
        66 0f6e movd Vy,Ey
        np 0f6f movq Pq,Qq
        66 0f6f movdqa Vx,Wx
        f3 0f6f movdqu Vx,Wx
        np 0f70 pshufw Pq,Qq,Ib
        66 0f70 pshufd Vx,Wx,Ib
        f3 0f70 pshufhw Vx,Wx,Ib
        f2 0f70 pshuflw Vx,Wx,Ib
        np 0f71/2 psrlw Nq,Ib
        66 0f71/2 psrlw Ux,Ib
        np 0f71/4 psraw Nq,Ib
        66 0f71/4 psraw Ux,Ib
        np 0f71/6 psllw Nq,Ib
        66 0f71/6 psllw Ux,Ib
        np 0f72/2 psrld Nq,Ib
        66 0f72/2 psrld Ux,Ib
        np 0f72/4 psrad Nq,Ib
        66 0f72/4 psrad Ux,Ib
        np 0f72/6 pslld Nq,Ib
        66 0f72/6 pslld Ux,Ib
        np 0f73/2 psrlq Nq,Ib
        66 0f73/2 psrlq Ux,Ib
        66 0f73/3 psrldq Ux,Ib
        np 0f73/6 psllq Nq,Ib
        66 0f73/6 psllq Ux,Ib
        66 0f73/7 pslldq Ux,Ib
        np 0f77 emms -
        66 0f7c haddpd Vx,Wx
        f2 0f7c haddps Vx,Wx
        66 0f7d hsubpd Vx,Wx
        f2 0f7d hsubps Vx,Wx
        np 0f7e movd Ey,Py
        66 0f7e movd Ey,Vy
        f3 0f7e movq Vq,Wq
        np 0f7f movq Qq,Pq
        66 0f7f movdqa Wx,Vx
        f3 0f7f movdqu Wx,Vx
        np 0fc2 cmpps Vx,Wx,Ib
        66 0fc2 cmppd Vx,Wx,Ib
        f3 0fc2 cmpss Vd,Wd,Ib
        f2 0fc2 cmpsd Vq,Wq,Ib
        np 0fc4 pinsrw Pq,Mw,Ib
        np 0fc4 pinsrw Pq,Rd,Ib
        66 0fc4 pinsrw Vx,Mw,Ib
        66 0fc4 pinsrw Vx,Rd,Ib
        np 0fc5 pextrw Gd,Nq,Ib
        66 0fc5 pextrw Gd,Ux,Ib
        np 0fc6 shufps Vx,Wx,Ib
        66 0fc6 shufpd Vx,Wx,Ib
        66 0fd0 addsubpd Vx,Wx
        f2 0fd0 addsubps Vx,Wx
        66 0fd6 movq Wq,Vq
        f3 0fd6 movq2dq Vq,Nq
        f2 0fd6 movdq2q Pq,Uq
        np 0fd7 pmovmskb Gd,Nq
        66 0fd7 pmovmskb Gd,Ux
        66 0fe6 cvttpd2dq Vx,Wx
        f3 0fe6 cvtdq2pd Vx,Wq
        f2 0fe6 cvtpd2dq Vx,Wx
        np 0fe7 movntq Mq,Pq
        66 0fe7 movntdq Mx,Vx
        f2 0ff0 lddqu Vx,Mx
        np 0ff7 maskmovq Pq,Nq
        66 0ff7 maskmovdqu Vx,Ux
        66 0f3810 pblendvb Vx,Wx
        66 0f3814 blendvps Vx,Wx
        66 0f3815 blendvpd Vx,Wx
        66 0f3817 ptest Vx,Wx
        66 0f3820 pmovsxbw Vx,Wq
        66 0f3821 pmovsxbd Vx,Wd
        66 0f3822 pmovsxbq Vx,Ww
        66 0f3823 pmovsxwd Vx,Wq
        66 0f3824 pmovsxwq Vx,Wd
        66 0f3825 pmovsxdq Vx,Wq
        66 0f3828 pmuldq Vx,Wx
        66 0f3829 pcmpeqq Vx,Wx
        66 0f382a movntdqa Vx,Mx
        66 0f382b packusdw Vx,Wx
        66 0f3830 pmovzxbw Vx,Wq
        66 0f3831 pmovzxbd Vx,Wd
        66 0f3832 pmovzxbq Vx,Ww
        66 0f3833 pmovzxwd Vx,Wq
        66 0f3834 pmovzxwq Vx,Wd
        66 0f3835 pmovzxdq Vx,Wq
        66 0f3837 pcmpgtq Vx,Wx
        66 0f3838 pminsb Vx,Wx
        66 0f3839 pminsd Vx,Wx
        66 0f383a pminuw Vx,Wx
        66 0f383b pminud Vx,Wx
        66 0f383c pmaxsb Vx,Wx
        66 0f383d pmaxsd Vx,Wx
        66 0f383e pmaxuw Vx,Wx
        66 0f383f pmaxud Vx,Wx
        66 0f3840 pmulld Vx,Wx
        66 0f3841 phminposuw Vx,Wx
        66 0f38db aesimc Vx,Wx
        66 0f38dc aesenc Vx,Wx
        66 0f38dd aesenclast Vx,Wx
        66 0f38de aesdec Vx,Wx
        66 0f38df aesdeclast Vx,Wx
        66 0f3a08 roundps Vx,Wx,Ib
        66 0f3a09 roundpd Vx,Wx,Ib
        66 0f3a0a roundss Vd,Wd,Ib
        66 0f3a0b roundsd Vq,Wq,Ib
        66 0f3a0c blendps Vx,Wx,Ib
        66 0f3a0d blendpd Vx,Wx,Ib
        66 0f3a0e pblendw Vx,Wx,Ib
        np 0f3a0f palignr Pq,Qq,Ib
        66 0f3a0f palignr Vx,Wx,Ib
        66 0f3a14 pextrb Mb,Vx,Ib
        66 0f3a14 pextrb Rd,Vx,Ib
        66 0f3a15 pextrw Mw,Vx,Ib
        66 0f3a15 pextrw Rd,Vx,Ib
        66 0f3a16 pextrd Ey,Vx,Ib
        66 0f3a17 extractps Ed,Vx,Ib
        66 0f3a20 pinsrb Vx,Mb,Ib
        66 0f3a20 pinsrb Vx,Rd,Ib
        66 0f3a21 insertps Vx,Md,Ib
        66 0f3a21 insertps Vx,Ux,Ib
        66 0f3a22 pinsrd Vx,Ey,Ib
        66 0f3adf aeskeygenassist Vx,Wx,Ib
        66 0f3a40 dpps Vx,Wx,Ib
        66 0f3a41 dppd Vx,Wx,Ib
        66 0f3a42 mpsadbw Vx,Wx,Ib
        66 0f3a44 pclmulqdq Vx,Wx,Ib
        66 0f3a60 pcmpestrm Vx,Wx,Ib
        66 0f3a61 pcmpestri Vx,Wx,Ib
        66 0f3a62 pcmpistrm Vx,Wx,Ib
        66 0f3a63 pcmpistri Vx,Wx,Ib
        """
}
