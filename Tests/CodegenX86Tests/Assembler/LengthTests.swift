// The short forms are chosen where they suffice, and a full buffer stays whole.
import CodegenX86
import MachineCore
import Testing

@Suite struct LengthTests {
    private static func length(_ write: (inout Assembler) -> Void) -> Int {
        var count = 0
        withAssembler { assembler in
            write(&assembler)
            count = assembler.count
        }
        return count
    }

    @Test func displacements() {
        let lengths: [(Int32, Int)] = [(0, 3), (1, 4), (127, 4), (-128, 4), (128, 7), (-129, 7), (.min, 7)]
        for (displacement, expected) in lengths {
            let near = MemoryOperand(.rax, displacement)
            #expect(Self.length { $0.load(.rcx, near, width: .double) } == expected)
            // A SIB byte more.
            let stack = MemoryOperand(.rsp, displacement)
            #expect(Self.length { $0.load(.rcx, stack, width: .double) } == expected + 1)
            let scaled = MemoryOperand(.rax, index: .rdx, scale: 8, displacement: displacement)
            #expect(Self.length { $0.load(.rcx, scaled, width: .double) } == expected + 1)
        }
        // No form without a displacement.
        #expect(Self.length { $0.load(.rcx, MemoryOperand(.rbp), width: .double) } == 4)
        #expect(Self.length { $0.load(.rcx, MemoryOperand(.r13), width: .double) } == 4)
    }

    @Test func constants() {
        #expect(Self.length { $0.arithmetic(.add, .rcx, 127) } == 4)
        #expect(Self.length { $0.arithmetic(.add, .rcx, -128) } == 4)
        #expect(Self.length { $0.arithmetic(.add, .rcx, 128) } == 7)
        #expect(Self.length { $0.arithmetic(.add, .rcx, -129, width: .word) } == 6)
        #expect(Self.length { $0.arithmetic(.add, .rcx, 1, width: .word) } == 3)
        #expect(Self.length { $0.arithmetic(.add, .rcx, 0x1234, width: .half) } == 5)
        #expect(Self.length { $0.arithmetic(.add, .rcx, 0x12, width: .half) } == 4)
        #expect(Self.length { $0.imul(.rcx, .rdx, 127) } == 4)
        #expect(Self.length { $0.imul(.rcx, .rdx, 128) } == 7)
    }

    @Test func prefixes() {
        #expect(Self.length { $0.move32(.rax, .rcx) } == 2)
        #expect(Self.length { $0.move32(.rax, .r9) } == 3)
        #expect(Self.length { $0.store(MemoryOperand(.rax), .rbx, width: .byte) } == 2)
        #expect(Self.length { $0.store(MemoryOperand(.rax), .rsi, width: .byte) } == 3)
        // The short VEX prefix.
        #expect(Self.length { $0.scalar(.add, .xmm9, .xmm8, .xmm1, single: false) } == 4)
        #expect(Self.length { $0.scalar(.add, .xmm1, .xmm8, .xmm9, single: false) } == 5)
    }

    /// Longer and longer instructions into every small capacity, with bytes behind it that must stay.
    @Test func fullBuffers() {
        let memory = MemoryOperand(.r12, index: .r13, scale: 8, displacement: 0x1234_5678)
        for capacity in 0...100 {
            let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + 64)
            defer { buffer.deallocate() }
            buffer.initialize(repeating: 0xA5, count: capacity + 64)
            var assembler = Assembler(buffer: buffer, capacity: capacity)
            for _ in 0..<20 {
                assembler.ret()
                assembler.moveImmediate(.r9, 0x1234_5678_9ABC_DEF0)
                assembler.storeImmediate(memory, 0x1234_5678, width: .double)
                assembler.lockCmpxchg(memory, .r9, width: .half)
                assembler.loadDouble(.xmm9, memory)
                assembler.jump(.equal, toAddress: 0xFFFF_0000_0000)
                assembler.call(toAddress: 0x1000)
                assembler.patchRelative(at: assembler.jumpRelative(), to: 0)
                assembler.patchRelative(at: assembler.leaRIP(.rax), to: 0)
                assembler.patchShort(at: assembler.jumpShort(.above), to: assembler.count)
                assembler.nop(30)
            }
            #expect(assembler.overflowed)
            #expect(assembler.count <= capacity)
            #expect((capacity..<capacity + 64).allSatisfy { buffer[$0] == 0xA5 })
        }
    }

    @Test func nothingAfterAFailure() {
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
        defer { buffer.deallocate() }
        buffer.initialize(repeating: 0xA5, count: 64)
        var assembler = Assembler(buffer: buffer, capacity: 64)
        while !assembler.overflowed { assembler.moveImmediate(.rax, .max / 3) }
        let count = assembler.count
        let bytes = (0..<64).map { buffer[$0] }
        assembler.ret()
        assembler.patchRelative(at: 0, to: 40)
        assembler.patchShort(at: 0, to: 40)
        #expect(assembler.count == count)
        #expect((0..<64).map { buffer[$0] } == bytes)
    }

    @Test func whatHasNoEncoding() {
        withAssembler { assembler in
            assembler.shiftX(.rol, .rax, .rcx, .rdx)
            #expect(assembler.overflowed)
        }
        withAssembler { assembler in
            assembler.shiftX(.ror, .rax, MemoryOperand(.rcx), .rdx)
            #expect(assembler.overflowed)
        }
        withAssembler { assembler in
            assembler.lockArithmetic(.cmp, MemoryOperand(.rcx), .rdx)
            #expect(assembler.overflowed)
        }
    }
}
