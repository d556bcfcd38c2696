// Code that the assembler wrote, run by the host.
import CodegenX86
import HostOS
import MachineCore
import Testing

@Suite struct ExecutionTests {
    private typealias Binary = @convention(c) (UInt64, UInt64) -> UInt64

    /// Writes a function of two arguments (rdi and rsi; the result in rax), and calls it.
    private static func run(
        _ first: UInt64, _ second: UInt64, _ write: (inout Assembler) -> Void
    ) throws -> UInt64 {
        let memory = try CodeMemory(byteCount: 4096)
        var assembler = Assembler(
            buffer: memory.writable, capacity: memory.byteCount,
            finalBase: UInt(bitPattern: memory.executable))
        write(&assembler)
        assembler.ret()
        try #require(!assembler.overflowed)
        let function = unsafeBitCast(memory.executable, to: Binary.self)
        return withExtendedLifetime(memory) { function(first, second) }
    }

    @Test func addition() throws {
        let sum = try Self.run(40, 2) { $0.lea(.rax, MemoryOperand(.rdi, index: .rsi)) }
        #expect(sum == 42)
        let wrapped = try Self.run(.max, 3) {
            $0.move(.rax, .rdi)
            $0.arithmetic(.add, .rax, .rsi)
        }
        #expect(wrapped == 2)
    }

    @Test func memoryAccess() throws {
        var values: [UInt64] = [0x8877_6655_4433_2211, 0]
        let loaded = try values.withUnsafeMutableBufferPointer { buffer in
            try Self.run(UInt64(UInt(bitPattern: buffer.baseAddress)), 1) {
                $0.loadSigned(.rax, MemoryOperand(.rdi, index: .rsi, scale: 4), width: .word)
                $0.store(MemoryOperand(.rdi, index: .rsi, scale: 8), .rax, width: .half)
            }
        }
        #expect(loaded == 0xFFFF_FFFF_8877_6655)
        #expect(values == [0x8877_6655_4433_2211, 0x6655])
    }

    @Test(arguments: [(3, 5), (5, 3), (.max, 0), (7, 7)] as [(UInt64, UInt64)])
    func signedMinimum(first: UInt64, second: UInt64) throws {
        let minimum = try Self.run(first, second) {
            $0.move(.rax, .rdi)
            $0.arithmetic(.cmp, .rsi, .rdi)
            $0.cmov(.less, .rax, .rsi)
        }
        let expected = min(Int64(bitPattern: first), Int64(bitPattern: second))
        #expect(minimum == UInt64(bitPattern: expected))
    }

    /// 1 + 2 + ... + n with a loop, a forward and a backward jump.
    @Test(arguments: [0, 1, 100] as [UInt64]) func loops(count: UInt64) throws {
        let sum = try Self.run(count, 0) {
            $0.clear(.rax)
            $0.test(.rdi, .rdi)
            let exit = $0.jumpShort(.equal)
            let top = $0.count
            $0.arithmetic(.add, .rax, .rdi)
            $0.arithmetic(.sub, .rdi, 1)
            let back = $0.jumpRelative(.notEqual)
            $0.patchRelative(at: back, to: top)
            $0.patchShort(at: exit, to: $0.count)
        }
        #expect(sum == count * (count + 1) / 2)
    }

    @Test func wideProducts() throws {
        let high = try Self.run(.max, 0x1234_5678) {
            $0.move(.rdx, .rdi)
            $0.mulx(.rax, .rcx, .rsi)
        }
        #expect(high == UInt64.max.multipliedFullWidth(by: 0x1234_5678).high)
        let quotient = try Self.run(UInt64(bitPattern: -100), 7) {
            $0.move(.rax, .rdi)
            $0.cqo()
            $0.idiv(.rsi)
        }
        #expect(Int64(bitPattern: quotient) == -14)
    }

    @Test func floatingPoint() throws {
        let bits = try Self.run(Double(2.25).bitPattern, Double(-4).bitPattern) {
            $0.move(.xmm1, .rdi)
            $0.move(.xmm2, .rsi)
            $0.scalar(.sqrt, .xmm3, .xmm1, .xmm1, single: false)
            // -(2.25 * -4) - 1.5
            $0.fmadd213(.xmm1, .xmm2, .xmm3, single: false, negateProduct: true, negateAddend: true)
            $0.move(.rax, .xmm1)
        }
        #expect(Double(bitPattern: bits) == 7.5)
    }

    @Test func atomicAddition() throws {
        var value: UInt64 = 5
        let old = try withUnsafeMutablePointer(to: &value) { pointer in
            try Self.run(UInt64(UInt(bitPattern: pointer)), 37) {
                $0.lockXadd(MemoryOperand(.rdi), .rsi)
                $0.fullFence()
                $0.move(.rax, .rsi)
            }
        }
        #expect(old == 5)
        #expect(value == 42)
    }

    /// Two pieces of code far from each other: the call and the jumps go through copied addresses.
    @Test(arguments: [(1, 1), (1, 2)] as [(UInt64, UInt64)])
    func farTargets(first: UInt64, second: UInt64) throws {
        // Nothing was touched between, so this takes two pages of the host.
        let memory = try CodeMemory(byteCount: 3 << 30)
        let far = 3 << 30 - 4096
        var callee = Assembler(buffer: memory.writable + far, capacity: 4096)
        callee.lea(.rax, MemoryOperand(.rdi, index: .rsi, scale: 8))
        callee.ret()
        let equal = callee.count
        callee.moveImmediate(.rax, 1000)
        callee.ret()
        let base = UInt(bitPattern: memory.executable)
        var caller = Assembler(buffer: memory.writable, capacity: 4096, finalBase: base)
        caller.push(.rbx)
        caller.call(toAddress: base + UInt(far))
        caller.pop(.rbx)
        caller.arithmetic(.cmp, .rdi, .rsi)
        caller.jump(.equal, toAddress: base + UInt(far + equal))
        caller.ret()
        try #require(!callee.overflowed && !caller.overflowed)
        let function = unsafeBitCast(memory.executable, to: Binary.self)
        let result = withExtendedLifetime(memory) { function(first, second) }
        #expect(result == (first == second ? 1000 : first + second * 8))
    }
}
