// The integer and system part of the two-byte opcode map 0F (Intel SDM volume 2, appendix A, table A-3).

extension OpcodeMap {
    static let twoByteRows = """
        0f00/0 sldt Mw
        0f00/0 sldt Rv
        0f00/1 str Mw
        0f00/1 str Rv
        0f00/2 lldt Ew
        0f00/3 ltr Ew
        0f00/4 verr Ew
        0f00/5 verw Ew
        0f01/0 sgdt Mp
        0f01/1 sidt Mp
        0f01/2 lgdt Mp
        0f01/3 lidt Mp
        0f01/4 smsw Mw
        0f01/4 smsw Rv
        0f01/6 lmsw Ew
        0f01/7 invlpg M
        np 0f01.c8 monitor -
        np 0f01.c9 mwait -
        np 0f01.ca clac -
        np 0f01.cb stac -
        np 0f01.d0 xgetbv -
        np 0f01.d1 xsetbv -
        0f01.f8 swapgs - o64
        0f01.f9 rdtscp -
        0f02 lar Gv,Mw
        0f02 lar Gv,Rv
        0f03 lsl Gv,Mw
        0f03 lsl Gv,Rv
        0f05 syscall - o64
        0f06 clts -
        0f07 sysret -y o64
        0f08 invd -
        0f09 wbinvd -
        0f0b ud2 -
        0f0d nop Ev mem
        0f18 nop Ev
        0f19 nop Ev
        0f1a nop Ev
        0f1b nop Ev
        0f1c nop Ev
        0f1d nop Ev
        0f1e nop Ev
        0f1f nop Ev
        0f20 mov Rm,Cm anymod
        0f21 mov Rm,Dm anymod
        0f22 mov Cm,Rm anymod
        0f23 mov Dm,Rm anymod
        0f30 wrmsr -
        0f31 rdtsc -
        0f32 rdmsr -
        0f33 rdpmc -
        0f34 sysenter -
        0f35 sysexit -y
        0f40+c cmovcc Gv,Ev
        0f80+c jcc Jz f64
        0f90+c setcc Eb
        0fa0 push FS d64
        0fa1 pop FS d64
        0fa2 cpuid -
        0fa3 bt Ev,Gv
        0fa4 shld Ev,Gv,Ib
        0fa5 shld Ev,Gv,CL
        0fa8 push GS d64
        0fa9 pop GS d64
        0faa rsm -
        0fab bts Ev,Gv lock
        0fac shrd Ev,Gv,Ib
        0fad shrd Ev,Gv,CL
        np 0fae/0 fxsave M
        np 0fae/1 fxrstor M
        np 0fae/2 ldmxcsr Md
        np 0fae/3 stmxcsr Md
        np 0fae/4 xsave M
        np 0fae/5 xrstor M
        np 0fae/6 xsaveopt M
        np 0fae/7 clflush M
        66 0fae/7 clflushopt M
        np 0fae/5 lfence - mod3
        np 0fae/6 mfence - mod3
        np 0fae/7 sfence - mod3
        f3 0fae/0 rdfsbase Ry o64
        f3 0fae/1 rdgsbase Ry o64
        f3 0fae/2 wrfsbase Ry o64
        f3 0fae/3 wrgsbase Ry o64
        0faf imul Gv,Ev
        0fb0 cmpxchg Eb,Gb lock
        0fb1 cmpxchg Ev,Gv lock
        0fb2 lss Gv,Mp
        0fb3 btr Ev,Gv lock
        0fb4 lfs Gv,Mp
        0fb5 lgs Gv,Mp
        0fb6 movzx Gv,Eb
        0fb7 movzx Gv,Ew
        f3 0fb8 popcnt Gv,Ev
        0fb9 ud1 Gv,Ev
        0fba/4 bt Ev,Ib
        0fba/5 bts Ev,Ib lock
        0fba/6 btr Ev,Ib lock
        0fba/7 btc Ev,Ib lock
        0fbb btc Ev,Gv lock
        f3 0fbc tzcnt Gv,Ev
        0fbc bsf Gv,Ev
        f3 0fbd lzcnt Gv,Ev
        0fbd bsr Gv,Ev
        0fbe movsx Gv,Eb
        0fbf movsx Gv,Ew
        0fc0 xadd Eb,Gb lock
        0fc1 xadd Ev,Gv lock
        np 0fc3 mov My,Gy
        np 0fc7/1 cmpxchg8b Mu lock
        66 0fc7/1 cmpxchg8b Mu lock
        f2 0fc7/1 cmpxchg8b Mu lock
        f3 0fc7/1 cmpxchg8b Mu lock
        np 0fc7/6 rdrand Rv
        66 0fc7/6 rdrand Rv
        np 0fc7/7 rdseed Rv
        66 0fc7/7 rdseed Rv
        0fc8+r bswap Zv
        0fff ud0 Gv,Ev
        np 0f38f0 movbe Gv,Mv
        66 0f38f0 movbe Gv,Mv
        np 0f38f1 movbe Mv,Gv
        66 0f38f1 movbe Mv,Gv
        f2 0f38f0 crc32 Gy,Eb
        f2 0f38f1 crc32 Gy,Ev
        66 0f3882 invpcid Gm,Mx
        66 0f38f6 adcx Gy,Ey
        f3 0f38f6 adox Gy,Ey
        """

    /// BMI1 and BMI2 (AMD APM volume 3, chapter 3; VEX.L is 0).
    static let vectorExtendedIntegerRows = """
        np 0f38f2 andn Gy,By,Ey vex
        np 0f38f3/1 blsr By,Ey vex
        np 0f38f3/2 blsmsk By,Ey vex
        np 0f38f3/3 blsi By,Ey vex
        np 0f38f5 bzhi Gy,Ey,By vex
        f3 0f38f5 pext Gy,By,Ey vex
        f2 0f38f5 pdep Gy,By,Ey vex
        f2 0f38f6 mulx Gy,By,Ey vex
        np 0f38f7 bextr Gy,Ey,By vex
        66 0f38f7 shlx Gy,Ey,By vex
        f3 0f38f7 sarx Gy,Ey,By vex
        f2 0f38f7 shrx Gy,Ey,By vex
        f2 0f3af0 rorx Gy,Ey,Ib vex
        """
}
