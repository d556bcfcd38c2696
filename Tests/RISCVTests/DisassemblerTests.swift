// What the disassembler writes, in examples: the choices that a reader should know.
@testable import RISCV
import Testing

@Suite struct DisassemblerTests {
    private static let pc: UInt64 = 0xffff_ffff_8000_0010

    /// Hand-assembled from the manual's formats.
    private static let examples: [(UInt32, String)] = [
        (Assembly.nop, "addi zero,zero,0"),
        (Assembly.addi(2, 2, -16), "addi sp,sp,-16"),
        (Assembly.lui(10, -4096), "lui a0,0xfffff"),
        (Assembly.ld(8, -8, 2), "ld s0,-8(sp)"),
        (Assembly.sd(31, 2047, 4), "sd t6,2047(tp)"),
        (Assembly.fsd(8, 0, 9), "fsd fs0,0(s1)"),
        (Assembly.srai(5, 6, 63), "srai t0,t1,0x3f"),
        (Assembly.beq(10, 0, -16), "beq a0,zero,0xffffffff80000000"),
        (Assembly.jal(1, 32), "jal ra,0xffffffff80000030"),
        (Assembly.jalr(0, 0, 1), "jalr zero,0(ra)"),
        (Assembly.csrrw(10, 0x300, 11), "csrrw a0,mstatus,a1"),
        (Assembly.csrrsi(0, 0x7c0, 31), "csrrsi zero,0x7c0,31"),
        (Assembly.csrrs(5, 0xc03, 0), "csrrs t0,hpmcounter3,zero"),
        (Assembly.csrrs(5, 0x3bf, 0), "csrrs t0,pmpaddr15,zero"),
        (Assembly.faddS, "fadd.s ft1,ft2,ft3"),
        (Assembly.faddS & ~(7 << 12) | 4 << 12, "fadd.s ft1,ft2,ft3,rmm"),
        (Assembly.amoaddW(5, 6, 7), "amoadd.w t0,t1,(t2)"),
        (Assembly.amoaddD(5, 6, 7) | 3 << 25, "amoadd.d.aqrl t0,t1,(t2)"),
        (Assembly.lrD(5, 7) | 1 << 26, "lr.d.aq t0,(t2)"),
        (0x0ff0_000f, "fence iorw,iorw"),
        (0x0310_000f, "fence rw,w"),
        (0x0100_000f, "fence w,0"),
        (0x8330_000f, "fence.tso"),
        (Assembly.cboZero(10), "cbo.zero (a0)"),
        (Assembly.sfenceVMA(0, 11), "sfence.vma zero,a1"),
        (Assembly.mret, "mret"),
        // Compressed instructions as what they stand for.
        (0x8082, "jalr zero,0(ra)"),
        (0x1141, "addi sp,sp,-16"),
        (0x0001, "addi zero,zero,0"),
        // No instructions.
        (0x0000, ".2byte 0x0"),
        (0xffff_ffff, ".4byte 0xffffffff"),
    ]

    @Test(arguments: examples.indices)
    func example(_ index: Int) {
        let (bits, text) = Self.examples[index]
        #expect(Instruction(decoding: bits).assemblyText(at: Self.pc) == text)
    }

    /// Targets wrap around the address space.
    @Test func targetsWrap() {
        #expect(Instruction(decoding: Assembly.jal(0, 16)).assemblyText(at: .max - 7) == "jal zero,0x8")
        let back = Instruction(decoding: Assembly.jal(0, -16)).assemblyText(at: 8)
        #expect(back == "jal zero,0xfffffffffffffff8")
    }
}
