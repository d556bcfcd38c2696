// A mini assembler: the instructions that hand-written tests and generators are made of.

/// Builds instruction words from the formats of the Unprivileged ISA, chapter 2.3. Independent of the
/// module's encoding table. Operand order is that of assembly language.
enum Assembly {
    // MARK: Formats

    static func r(_ opcode: UInt32, _ f3: UInt32, _ f7: UInt32, _ rd: Int, _ rs1: Int, _ rs2: Int) -> UInt32 {
        f7 << 25 | UInt32(rs2) << 20 | UInt32(rs1) << 15 | f3 << 12 | UInt32(rd) << 7 | opcode
    }

    static func i(_ opcode: UInt32, _ f3: UInt32, _ rd: Int, _ rs1: Int, _ immediate: Int32) -> UInt32 {
        UInt32(bitPattern: immediate) << 20 | UInt32(rs1) << 15 | f3 << 12 | UInt32(rd) << 7 | opcode
    }

    static func s(_ opcode: UInt32, _ f3: UInt32, _ rs1: Int, _ rs2: Int, _ immediate: Int32) -> UInt32 {
        let bits = UInt32(bitPattern: immediate)
        let high = (bits >> 5 & 127) << 25
        return high | UInt32(rs2) << 20 | UInt32(rs1) << 15 | f3 << 12 | (bits & 31) << 7 | opcode
    }

    static func b(_ f3: UInt32, _ rs1: Int, _ rs2: Int, _ offset: Int32) -> UInt32 {
        let registers = UInt32(rs2) << 20 | UInt32(rs1) << 15 | f3 << 12 | 0x63
        return registers | branchOffset(offset)
    }

    /// The offset bits of a branch.
    static func branchOffset(_ offset: Int32) -> UInt32 {
        let bits = UInt32(bitPattern: offset)
        return (bits >> 12 & 1) << 31 | (bits >> 5 & 63) << 25 | (bits >> 1 & 15) << 8 | (bits >> 11 & 1) << 7
    }

    /// The offset bits of `jal`.
    static func jumpOffset(_ offset: Int32) -> UInt32 {
        let bits = UInt32(bitPattern: offset)
        let low = (bits >> 1 & 1023) << 21 | (bits >> 11 & 1) << 20
        return (bits >> 20 & 1) << 31 | low | (bits >> 12 & 255) << 12
    }

    /// The offset bits of `c.j` ("C" chapter, CJ format).
    static func compressedJumpOffset(_ offset: Int32) -> UInt32 {
        let order = [11, 4, 9, 8, 10, 6, 7, 3, 2, 1, 5]
        let bits = UInt32(bitPattern: offset)
        return order.reduce(0) { $0 << 1 | bits >> UInt32($1) & 1 } << 2
    }

    /// The offset bits of `c.beqz` and `c.bnez` (CB format).
    static func compressedBranchOffset(_ offset: Int32) -> UInt32 {
        let bits = UInt32(bitPattern: offset)
        let high = [8, 4, 3].reduce(0 as UInt32) { $0 << 1 | bits >> UInt32($1) & 1 } << 10
        return high | [7, 6, 2, 1, 5].reduce(0) { $0 << 1 | bits >> UInt32($1) & 1 } << 2
    }

    // MARK: Integer

    static func lui(_ rd: Int, _ value: Int32) -> UInt32 {
        UInt32(bitPattern: value) & ~0xfff | UInt32(rd) << 7 | 0x37
    }
    static func auipc(_ rd: Int, _ value: Int32) -> UInt32 {
        UInt32(bitPattern: value) & ~0xfff | UInt32(rd) << 7 | 0x17
    }
    static func addi(_ rd: Int, _ rs1: Int, _ immediate: Int32) -> UInt32 { i(0x13, 0, rd, rs1, immediate) }
    static func addiw(_ rd: Int, _ rs1: Int, _ immediate: Int32) -> UInt32 { i(0x1b, 0, rd, rs1, immediate) }
    static func andi(_ rd: Int, _ rs1: Int, _ immediate: Int32) -> UInt32 { i(0x13, 7, rd, rs1, immediate) }
    static func slli(_ rd: Int, _ rs1: Int, _ amount: Int32) -> UInt32 { i(0x13, 1, rd, rs1, amount) }
    static func srai(_ rd: Int, _ rs1: Int, _ amount: Int32) -> UInt32 { i(0x13, 5, rd, rs1, amount | 0x400) }
    static func add(_ rd: Int, _ rs1: Int, _ rs2: Int) -> UInt32 { r(0x33, 0, 0, rd, rs1, rs2) }
    static let nop = addi(0, 0, 0)
    static let compressedNop: UInt16 = 1

    // MARK: Memory

    static func lb(_ rd: Int, _ offset: Int32, _ rs1: Int) -> UInt32 { i(0x03, 0, rd, rs1, offset) }
    static func lw(_ rd: Int, _ offset: Int32, _ rs1: Int) -> UInt32 { i(0x03, 2, rd, rs1, offset) }
    static func ld(_ rd: Int, _ offset: Int32, _ rs1: Int) -> UInt32 { i(0x03, 3, rd, rs1, offset) }
    static func sb(_ rs2: Int, _ offset: Int32, _ rs1: Int) -> UInt32 { s(0x23, 0, rs1, rs2, offset) }
    static func sw(_ rs2: Int, _ offset: Int32, _ rs1: Int) -> UInt32 { s(0x23, 2, rs1, rs2, offset) }
    static func sd(_ rs2: Int, _ offset: Int32, _ rs1: Int) -> UInt32 { s(0x23, 3, rs1, rs2, offset) }
    static func fld(_ rd: Int, _ offset: Int32, _ rs1: Int) -> UInt32 { i(0x07, 3, rd, rs1, offset) }
    static func fsd(_ rs2: Int, _ offset: Int32, _ rs1: Int) -> UInt32 { s(0x27, 3, rs1, rs2, offset) }
    static func lrW(_ rd: Int, _ rs1: Int) -> UInt32 { r(0x2f, 2, 2 << 2, rd, rs1, 0) }
    static func lrD(_ rd: Int, _ rs1: Int) -> UInt32 { r(0x2f, 3, 2 << 2, rd, rs1, 0) }
    static func scW(_ rd: Int, _ rs2: Int, _ rs1: Int) -> UInt32 { r(0x2f, 2, 3 << 2, rd, rs1, rs2) }
    static func scD(_ rd: Int, _ rs2: Int, _ rs1: Int) -> UInt32 { r(0x2f, 3, 3 << 2, rd, rs1, rs2) }
    static func amoaddW(_ rd: Int, _ rs2: Int, _ rs1: Int) -> UInt32 { r(0x2f, 2, 0, rd, rs1, rs2) }
    static func amoaddD(_ rd: Int, _ rs2: Int, _ rs1: Int) -> UInt32 { r(0x2f, 3, 0, rd, rs1, rs2) }
    static func cboZero(_ rs1: Int) -> UInt32 { i(0x0f, 2, 0, rs1, 4) }
    static let fenceI = i(0x0f, 1, 0, 0, 0)

    // MARK: Control

    static func jal(_ rd: Int, _ offset: Int32) -> UInt32 { jumpOffset(offset) | UInt32(rd) << 7 | 0x6f }
    static func jalr(_ rd: Int, _ offset: Int32, _ rs1: Int) -> UInt32 { i(0x67, 0, rd, rs1, offset) }
    static func beq(_ rs1: Int, _ rs2: Int, _ offset: Int32) -> UInt32 { b(0, rs1, rs2, offset) }
    static func ret() -> UInt32 { jalr(0, 0, 1) }

    // MARK: System

    static func csrrw(_ rd: Int, _ csr: UInt16, _ rs1: Int) -> UInt32 { i(0x73, 1, rd, rs1, Int32(csr)) }
    static func csrrs(_ rd: Int, _ csr: UInt16, _ rs1: Int) -> UInt32 { i(0x73, 2, rd, rs1, Int32(csr)) }
    static func csrrc(_ rd: Int, _ csr: UInt16, _ rs1: Int) -> UInt32 { i(0x73, 3, rd, rs1, Int32(csr)) }
    static func csrrwi(_ rd: Int, _ csr: UInt16, _ value: Int) -> UInt32 { i(0x73, 5, rd, value, Int32(csr)) }
    static func csrrsi(_ rd: Int, _ csr: UInt16, _ value: Int) -> UInt32 { i(0x73, 6, rd, value, Int32(csr)) }
    static func csrrci(_ rd: Int, _ csr: UInt16, _ value: Int) -> UInt32 { i(0x73, 7, rd, value, Int32(csr)) }
    static func sfenceVMA(_ rs1: Int, _ rs2: Int) -> UInt32 { r(0x73, 0, 9, 0, rs1, rs2) }
    static let ecall: UInt32 = 0x0000_0073
    static let ebreak: UInt32 = 0x0010_0073
    static let mret: UInt32 = 0x3020_0073
    static let sret: UInt32 = 0x1020_0073
    static let wfi: UInt32 = 0x1050_0073
    static let faddS: UInt32 = r(0x53, 7, 0, 1, 2, 3)
}
