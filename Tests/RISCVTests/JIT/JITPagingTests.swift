// Address translation and the fast engine: pages that appear, vanish, move, and instructions between them.
import MachineCore
@testable import RISCV
import Testing

@Suite struct JITPagingTests {
    private typealias A = Assembly

    /// Runs slices until `instructions` are executed; tells whether both agreed.
    private func run(_ code: PagedCode, _ instructions: UInt64, longest: Int = 1000) -> Bool {
        var random = RandomNumbers(seed: instructions)
        return code.pair.run(instructions, longest: longest, &random)
    }

    // MARK: Atomics

    /// The first page of one address space alone that supervisor mode sees changes the TLB sets that it uses.
    @Test(arguments: [A.amoaddW(11, 12, 10), A.scW(11, 12, 10), A.sw(12, 0, 10), A.lw(11, 0, 10), A.lrW(11, 10)])
    func theFirstPageThatIsNotGlobal(_ instruction: UInt32) throws {
        var code = try PagedCode()
        code.map(0, to: 0, "VRWAD")
        // The store-conditional needs a reservation, which a global page can not give it here: it fails.
        code.start([instruction, instruction, A.lw(13, 0, 10), A.jal(0, 0)], [10: PagedCode.page(0), 12: 7])
        #expect(run(code, 40))
        #expect(code.causes == [])
    }

    @Test func aStoreConditionalAfterAReservationInAnotherPage() throws {
        var code = try PagedCode()
        code.map(0, to: 0, "VRWADG")
        code.map(1, to: 1, "VRWAD")
        // The reservation is made to look as if it were for the other page, by a jump back into the middle.
        let words = [
            A.lrD(11, 10), A.scD(12, 11, 10), A.amoaddD(13, 12, 14), A.lrD(11, 14), A.scD(15, 13, 14), A.jal(0, -20),
        ]
        code.start(words, [10: PagedCode.page(0), 14: PagedCode.page(1)])
        #expect(run(code, 6000))
        #expect(code.causes == [])
    }

    // MARK: Instructions in two pages

    /// `addi a0, a0, n`, whose second half is in the next page: the two halves.
    private func halves(_ n: Int32) -> (UInt16, UInt16) {
        let word = A.addi(10, 10, n)
        return (UInt16(truncatingIfNeeded: word), UInt16(word >> 16))
    }

    /// A function that begins at the last halfword of frame 0; in frame `next` it ends with adding `n`.
    private func placeStraddler(_ code: PagedCode, next: Int, adding n: Int32) {
        code.place(half: halves(n).0, frame: 0, 0xffe)
        code.place(half: halves(n).1, frame: next, 0)
        // c.jr ra
        code.place(half: 0x8082, frame: next, 2)
    }

    /// Calls the functions at the addresses in s0, s1 and again s0, for ever.
    private let caller: [UInt32] = [
        A.jalr(1, 0, 8), A.slli(10, 10, 1), A.jalr(1, 0, 9), A.slli(10, 10, 1), A.jalr(1, 0, 8),
        A.addi(13, 13, 1), A.jal(0, -24),
    ]

    /// One frame is mapped twice, before different frames: the first half of the instruction is the same,
    /// the second is not.
    @Test func oneFirstHalfWithTwoSecondHalves() throws {
        for isGlobal in [true, false] {
            var code = try PagedCode(global: isGlobal)
            let letters = isGlobal ? "VRXADG" : "VRXAD"
            code.map(0, to: 0, letters)
            code.map(1, to: 1, letters)
            code.map(4, to: 0, letters)
            code.map(5, to: 2, letters)
            placeStraddler(code, next: 1, adding: 3)
            placeStraddler(code, next: 2, adding: 100)
            code.start(caller, [8: PagedCode.page(0) + 0xffe, 9: PagedCode.page(4) + 0xffe])
            #expect(run(code, 40_000))
            #expect(code.causes == [])
        }
    }

    /// As before, with the two maps in two address spaces.
    @Test func secondHalvesInTwoAddressSpaces() throws {
        var code = try PagedCode(global: false, spaces: 2)
        for (space, next) in [1, 2].enumerated() {
            code.map(0, to: 0, "VRXAD", space: space)
            code.map(1, to: next, "VRXAD", space: space)
        }
        placeStraddler(code, next: 1, adding: 3)
        placeStraddler(code, next: 2, adding: 100)
        let words = [
            A.csrrw(0, CSR.satp.rawValue, 18), A.jalr(1, 0, 8), A.csrrw(0, CSR.satp.rawValue, 19),
            A.slli(10, 10, 1), A.jalr(1, 0, 8), A.jal(0, -20),
        ]
        code.start(words, [8: PagedCode.page(0) + 0xffe, 18: code.satp(0), 19: code.satp(1)])
        #expect(run(code, 40_000))
        #expect(code.causes == [])
    }

    /// The second page is missing: the fault names it. Then it is mapped, and mapped to another frame, with a
    /// fence for the second page only.
    @Test func theSecondPageComesAndGoes() throws {
        var code = try PagedCode()
        code.map(0, to: 0, "VRXADG")
        let slot = code.map(1, to: 1, "")
        placeStraddler(code, next: 1, adding: 3)
        placeStraddler(code, next: 2, adding: 100)
        // s2, s3 and s4 are put into the entry, one after the other.
        let words = [18, 19, 20].flatMap { [A.sd($0, 0, 21), A.sfenceVMA(9, 0), A.jalr(1, 0, 8)] } + [A.jal(0, -36)]
        code.start(words, [
            8: PagedCode.page(0) + 0xffe, 9: PagedCode.page(1), 18: 0, 19: PagedCode.entry(1, "VRXADG"),
            20: PagedCode.entry(2, "VRXADG"), 21: PagedCode.window(slot),
        ])
        #expect(run(code, 1500))
        #expect(Set(code.causes) == [12])
    }

    /// The second half is written, in place and through another mapping of its frame.
    @Test(arguments: [1, 3]) func theSecondHalfIsWritten(_ page: Int) throws {
        var code = try PagedCode()
        code.map(0, to: 0, "VRXADG")
        code.map(1, to: 1, "VRWXADG")
        code.map(3, to: 1, "VRWADG")
        placeStraddler(code, next: 1, adding: 3)
        let write = A.s(0x23, 1, 9, 18, 0)
        let words = [
            write, A.jalr(1, 0, 8), A.r(0x33, 4, 0, 18, 18, 19), A.addi(13, 13, 1), A.jal(0, -16),
        ]
        code.start(words, [
            8: PagedCode.page(0) + 0xffe, 9: PagedCode.page(page), 18: UInt64(halves(3).1),
            19: UInt64(halves(3).1 ^ halves(0x355).1),
        ])
        #expect(run(code, 20_000))
        #expect(code.causes == [])
    }

    /// Straight-line code that goes on in the next page, wherever that is now.
    @Test func fallingIntoTheNextPage() throws {
        var code = try PagedCode()
        code.map(0, to: 0, "VRXADG")
        let slot = code.map(1, to: 1, "VRXADG")
        code.place([A.addi(10, 10, 1), A.addi(10, 10, 2)], frame: 0, 0xff8)
        code.place([A.addi(11, 11, 5), A.ret()], frame: 1)
        code.place([A.slli(11, 11, 3), A.addi(11, 11, 1), A.ret()], frame: 2)
        let words = [18, 19].flatMap { [A.sd($0, 0, 21), A.sfenceVMA(0, 0), A.jalr(1, 0, 8), A.jalr(1, 0, 8)] }
        code.start(words + [A.jal(0, -32)], [
            8: PagedCode.page(0) + 0xff8, 18: PagedCode.entry(1, "VRXADG"), 19: PagedCode.entry(2, "VRXADG"),
            21: PagedCode.window(slot),
        ])
        #expect(run(code, 20_000))
        #expect(code.causes == [])
    }

    // MARK: Data in two pages

    /// Accesses across the end of a page in a hot loop, while the second page comes and goes.
    @Test func accessesIntoAPageThatComesAndGoes() throws {
        var code = try PagedCode()
        code.map(0, to: 0, "VRWADG")
        let slot = code.map(1, to: 5, "VRWADG")
        let loop = [
            A.sd(13, 4, 8), A.ld(10, 4, 8), A.add(11, 11, 10), A.lw(12, 6, 8), A.fsd(1, 1, 8), A.fld(2, 3, 8),
            A.addi(13, 13, 1), A.andi(14, 13, 1023),
        ]
        // Every 1024 rounds the next of three entries is used.
        let change = [A.addi(20, 18, 0), A.addi(18, 19, 0), A.addi(19, 15, 0), A.addi(15, 20, 0)]
        let words = loop + [A.b(1, 14, 0, -32)] + change + [A.sd(18, 0, 21), A.sfenceVMA(9, 0), A.jal(0, -60)]
        code.pair.forBoth { $0.setStatus(MachineStatus.fs) }
        code.start(words, [
            8: PagedCode.page(0) + 0xff7, 9: PagedCode.page(1), 18: PagedCode.entry(5, "VRWADG"), 19: 0,
            15: PagedCode.entry(6, "VRADG"), 21: PagedCode.window(slot),
        ])
        #expect(run(code, 9000, longest: 5000))
        #expect(code.causes.isEmpty)
        // Only a few rounds of faults, whose handler fills its page of notes.
        #expect(run(code, 1000, longest: 300))
        #expect(Set(code.causes).isSubset(of: [13, 15]) && !code.causes.isEmpty)
    }

    /// A fault in the middle of a hot loop leaves what came before it done, and nothing behind it.
    @Test func faultsInTheMiddleOfHotCode() throws {
        var code = try PagedCode()
        code.map(0, to: 0, "VRWADG")
        // The address goes up and leaves the page in round 2000.
        let words = [
            A.addi(10, 10, 3), A.ld(11, 0, 8), A.add(12, 12, 10), A.sd(12, 0, 8), A.addi(14, 14, 1),
            A.addi(13, 13, 2), A.r(0x33, 0, 0x20, 8, 8, 0), A.slli(15, 14, 1), A.add(8, 9, 15), A.andi(8, 8, -8),
            A.jal(0, -40),
        ]
        code.start(words, [8: PagedCode.page(0), 9: PagedCode.page(0)])
        #expect(run(code, 24_000, longest: 7000))
        #expect(Set(code.causes) == [13, 15])
    }
}
