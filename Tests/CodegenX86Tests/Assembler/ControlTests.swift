// Jumps, calls and their distances, as objdump reads them.
import CodegenX86
import MachineCore
import Testing

@Suite struct ControlTests {
    @Test func indirect() throws {
        var listing = Listing()
        for register in Samples.registers {
            listing.expect("call \(register.name())")
            listing.assembler.call(register)
            listing.expect("jmp \(register.name())")
            listing.assembler.jump(register)
        }
        for memory in Samples.someMemory {
            listing.expect("call \(memory.text(.double))")
            listing.assembler.callMemory(memory)
            listing.expect("jmp \(memory.text(.double))")
            listing.assembler.jump(memory)
        }
        listing.expect("ret")
        listing.assembler.ret()
        listing.expect("ud2")
        listing.assembler.ud2()
        try listing.check()
    }

    @Test func patchedDistances() throws {
        var listing = Listing()
        var positions: [Int] = []
        listing.expect("jmp 0x1000")
        positions.append(listing.assembler.jumpRelative())
        listing.expect("call 0x1000")
        positions.append(listing.assembler.callRelative())
        for condition in Condition.allCases {
            listing.expect("j\(condition.suffix) 0x1000")
            positions.append(listing.assembler.jumpRelative(condition))
        }
        for position in positions { listing.assembler.patchRelative(at: position, to: 0x1000) }
        listing.expect("jmp 0x0")
        listing.assembler.patchRelative(at: listing.assembler.jumpRelative(), to: 0)
        // Unpatched, a jump leads to the next instruction.
        listing.expect("jmp \(hex(UInt64(listing.assembler.count + 5)))")
        _ = listing.assembler.jumpRelative()
        try listing.check()
    }

    @Test func shortDistances() throws {
        var listing = Listing()
        for condition in Condition.allCases {
            let start = listing.assembler.count
            listing.expect("j\(condition.suffix) \(hex(UInt64(start + 2 + 127)))")
            let position = listing.assembler.jumpShort(condition)
            listing.assembler.patchShort(at: position, to: start + 2 + 127)
        }
        for _ in 0..<100 {
            listing.expect("nop")
            listing.assembler.nop(1)
        }
        let start = listing.assembler.count
        listing.expect("jmp \(hex(UInt64(start + 2 - 128)))")
        let position = listing.assembler.jumpShort()
        listing.assembler.patchShort(at: position, to: start + 2 - 128)
        try listing.check()
    }

    @Test(arguments: [128, -129]) func tooFarForAShortJump(distance: Int) {
        withAssembler { assembler in
            assembler.nop(300)
            let position = assembler.jumpShort()
            assembler.patchShort(at: position, to: position + 1 + distance)
            #expect(assembler.overflowed)
        }
    }

    @Test(arguments: [-1, 2, 1000]) func positionsOutsideTheCode(position: Int) {
        withAssembler { assembler in
            assembler.nop(5)
            assembler.patchRelative(at: position, to: 0)
            #expect(assembler.overflowed)
        }
    }

    @Test func addressesInReach() throws {
        var listing = Listing()
        listing.assembler.finalBase = 0x7F00_0000_0000
        // objdump counts addresses from 0.
        listing.expect("jmp 0x12345")
        listing.assembler.jump(toAddress: 0x7F00_0001_2345)
        for condition in Condition.allCases {
            listing.expect("j\(condition.suffix) 0x12345")
            listing.assembler.jump(condition, toAddress: 0x7F00_0001_2345)
        }
        listing.expect("call 0x12345")
        listing.assembler.call(toAddress: 0x7F00_0001_2345)
        listing.expect("jmp 0xffffffffffff0000")
        listing.assembler.jump(toAddress: 0x7EFF_FFFF_0000)
        try listing.check()
    }

    @Test func edgesOfTheReach() {
        let base: UInt = 0x7F00_0000_0000
        let end = base + 5
        for (target, length) in [
            (end + 0x7FFF_FFFF, 5), (end + 0x8000_0000, 14), (end - 0x8000_0000, 5), (end - 0x8000_0001, 14),
            (0, 14), (UInt.max, 14),
        ] {
            withAssembler { assembler in
                assembler.finalBase = base
                assembler.jump(toAddress: target)
                #expect(assembler.count == length, "\(target)")
            }
        }
    }

    @Test func distancesBetweenPointers() throws {
        func pointer(_ address: UInt) throws -> UnsafeRawPointer {
            try #require(UnsafeRawPointer(bitPattern: address))
        }
        let next = try pointer(0x1_0000_0000)
        #expect(Assembler.relative(from: next, to: try pointer(0x1_0000_1234)) == 0x1234)
        #expect(Assembler.relative(from: next, to: try pointer(0x8000_0000)) == .min)
        #expect(Assembler.relative(from: next, to: try pointer(0x7FFF_FFFF)) == nil)
        #expect(Assembler.relative(from: next, to: try pointer(0x1_7FFF_FFFF)) == .max)
        #expect(Assembler.relative(from: next, to: try pointer(0x1_8000_0000)) == nil)
    }

    @Test func nops() throws {
        let texts = [
            "nop", "xchg ax,ax", "nop DWORD PTR [rax]", "nop DWORD PTR [rax+0x0]",
            "nop DWORD PTR [rax+rax*1+0x0]", "nop WORD PTR [rax+rax*1+0x0]", "nop DWORD PTR [rax+0x0]",
            "nop DWORD PTR [rax+rax*1+0x0]",
        ]
        var listing = Listing()
        for (index, text) in texts.enumerated() {
            listing.expect(text)
            #expect(listing.length { $0.nop(index + 1) } == index + 1)
        }
        #expect(listing.length { $0.nop(0) } == 0)
        #expect(listing.length { $0.nop(-3) } == 0)
        listing.expect(texts[7])
        listing.expect(at: 8, texts[2])
        #expect(listing.length { $0.nop(11) } == 11)
        try listing.check()
    }
}

/// An assembler over 4 KiB.
func withAssembler(_ body: (inout Assembler) -> Void) {
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: 4096)
    defer { buffer.deallocate() }
    var assembler = Assembler(buffer: buffer, capacity: 4096)
    body(&assembler)
}
