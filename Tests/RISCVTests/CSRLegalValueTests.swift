// Control and status registers: which values they hold, and which are views of others.
@testable import RISCV
import Testing

@Suite struct CSRLegalValueTests {
    /// What each register reads after writing all ones and after writing zero, from reset.
    private static let extremes: [(CSR, UInt64, UInt64)] = [
        (.mtvec, ~2, 0), (.stvec, ~2, 0), (.mepc, ~1, 0), (.sepc, ~1, 0),
        (.mscratch, .max, 0), (.sscratch, .max, 0), (.mtval, .max, 0), (.stval, .max, 0),
        (.mie, 0xaaa, 0), (.mideleg, 0x222, 0), (.mip, 0x222, 0),
        (.mcounteren, 0xffff_ffff, 0), (.scounteren, 0xffff_ffff, 0),
        (.menvcfg, 1 << 63 | 0x81, 0), (.senvcfg, 0x81, 0), (.stimecmp, .max, 0),
        (.fflags, 31, 0), (.frm, 7, 0), (.fcsr, 0xff, 0),
        // 64 bits; A, C, D, F, I, M, S, U.
        (.misa, 2 << 62 | 0x14112d, 2 << 62 | 0x14112d),
        (.mhartid, 0, 0), (.mconfigptr, 0, 0), (.mcountinhibit, 0, 0),
        // Interrupt enables need delegation, which is off at reset.
        (.sie, 0, 0), (.sip, 0, 0),
        // SD, UXL, SXL, TSR, TW, TVM, MXR, SUM, MPRV, FS, MPP, SPP, MPIE, SPIE, MIE, SIE.
        (.mstatus, 1 << 63 | 0xa << 32 | 0x7e79aa, 0xa << 32),
        (.sstatus, 1 << 63 | 2 << 32 | 0xc6122, 2 << 32),
    ]

    @Test(arguments: extremes.indices)
    func extremeValues(_ index: Int) throws {
        let (csr, ones, zeros) = Self.extremes[index]
        let machine = try TestMachine()
        machine[csr] = .max
        #expect(machine[csr] == ones, "\(csr)")
        machine[csr] = 0
        #expect(machine[csr] == zeros, "\(csr)")
    }

    /// Exceptions that can be delegated: all but calls from machine mode and the reserved numbers.
    @Test func delegation() throws {
        let machine = try TestMachine()
        machine[.medeleg] = .max
        #expect(machine[.medeleg] & (1 << 11 | 1 << 10 | 1 << 14 | ~0xffff) == 0)
        let needed: [UInt64] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15]
        for cause in needed { #expect(machine[.medeleg] >> cause & 1 == 1) }
    }

    /// MPP can not be the mode that does not exist.
    @Test func previousPrivilege() throws {
        let machine = try TestMachine()
        for mode: UInt64 in [0, 1, 3] {
            machine[.mstatus] = mode << 11
            #expect(machine[.mstatus] >> 11 & 3 == mode)
            machine[.mstatus] = 2 << 11
            #expect(machine[.mstatus] >> 11 & 3 == mode)
        }
    }

    /// sstatus shows and changes its part of mstatus only.
    @Test func supervisorStatus() throws {
        let machine = try TestMachine()
        machine[.mstatus] = .max
        machine[.sstatus] = 0
        #expect(machine[.mstatus] == 0xa << 32 | 0x7e79aa & ~0xc6122)
        machine[.mstatus] = 0
        machine[.sstatus] = .max
        let visible: UInt64 = 1 << 63 | 0xa << 32 | 0xc6122
        #expect(machine[.mstatus] == visible)
    }

    /// sie and sip show what is delegated; of sip, software writes SSIP only (10.1.3).
    @Test func supervisorInterruptRegisters() throws {
        let machine = try TestMachine()
        machine[.mie] = 0xaaa
        machine[.mip] = 0x222
        #expect(machine[.sie] == 0 && machine[.sip] == 0)
        machine[.mideleg] = 0x202
        #expect(machine[.sie] == 0x202 && machine[.sip] == 0x202)
        machine[.sie] = 0
        #expect(machine[.mie] == 0x8a8)
        machine[.sip] = 0
        #expect(machine[.mip] == 0x220)
        machine[.sip] = .max
        #expect(machine[.mip] == 0x222)
    }

    /// SEIP reads as wire or software bit; setting and clearing other bits keeps the wire out of the
    /// software bit (3.1.9).
    @Test func externalInterruptPending() throws {
        let machine = try TestMachine()
        let pending = CSR.mip.rawValue
        machine.hart.setInput(9, to: true)
        #expect(machine[.mip] == 0x200)
        machine[6] = 2
        #expect(machine.execute(Assembly.csrrs(5, pending, 6)) == .done)
        #expect(machine[5] == 0x200 && machine[.mip] == 0x202)
        machine.hart.setInput(9, to: false)
        #expect(machine[.mip] == 2, "the wire did not stick")
        machine[6] = 0x200
        #expect(machine.execute(Assembly.csrrs(5, pending, 6)) == .done)
        #expect(machine[.mip] == 0x202)
        machine.hart.setInput(9, to: true)
        #expect(machine.execute(Assembly.csrrc(5, pending, 6)) == .done)
        #expect(machine[.mip] == 0x202, "the wire is still up")
        machine.hart.setInput(9, to: false)
        #expect(machine[.mip] == 2)
        // Machine-level bits are wires only.
        machine[.mip] = .max
        #expect(machine[.mip] & 0x888 == 0)
    }

    @Test func fixedRegistersIgnoreWrites() throws {
        let machine = try TestMachine()
        for number: UInt16 in [0x301, 0x320, 0x323, 0x33f, 0xb03, 0xb1f] {
            let before = machine.hart.readCSR(number)
            machine[6] = .max
            #expect(machine.execute(Assembly.csrrw(5, number, 6)) == .done)
            #expect(machine.hart.readCSR(number) == before && before != nil)
        }
    }
}
