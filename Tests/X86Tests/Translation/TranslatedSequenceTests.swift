// Sequences of instructions whose translations once met badly.
import JITEngine
import Testing

@testable import X86

@Suite struct TranslatedSequenceTests {
    /// From SHA-256 in OpenSSL: R13's field in the state is loaded again while an older value, which is stored there
    /// too, is still needed. A spilled value must not be looked for in a field that has changed.
    @Test func anOlderValueOfAFieldIsKept() throws {
        let machine = try FloatMachine()
        var registers: [UInt64] = (0..<16).map { 0x1234_5678_9abc_def1 &* ($0 + 3) }
        registers[4] = 0x1000_2000
        for number in 0..<16 { machine.cpu.state.pointee.registers[number] = registers[number] }
        let code: [UInt8] = [
            0x45, 0x89, 0xc5,  // mov r13d, r8d
            0x41, 0x01, 0xc6,  // add r14d, eax
            0x66, 0x0f, 0x7f, 0x44, 0x24, 0x10,  // movdqa [rsp + 16], xmm0
            0x41, 0xc1, 0xcd, 0x0e,  // ror r13d, 14
            0x66, 0x0f, 0x6f, 0xca,  // movdqa xmm1, xmm2
            0x44, 0x89, 0xf0,  // mov eax, r14d
            0x45, 0x89, 0xcc,  // mov r12d, r9d
            0x66, 0x0f, 0x6f, 0xdc,  // movdqa xmm3, xmm4
            0x41, 0xc1, 0xce, 0x09,  // ror r14d, 9
            0x45, 0x31, 0xc5,  // xor r13d, r8d
            0x45, 0x31, 0xd4,  // xor r12d, r10d
        ]
        #expect(machine.translate(code, JITEngine(), instructions: 11) == nil)
        let r8 = UInt32(truncatingIfNeeded: registers[8])
        let sum = UInt32(truncatingIfNeeded: registers[14]) &+ UInt32(truncatingIfNeeded: registers[0])
        let after = machine.cpu.state.pointee.registers
        #expect(after[13] == UInt64((r8 >> 14 | r8 << 18) ^ r8))
        #expect(after[14] == UInt64(sum >> 9 | sum << 23))
        #expect(after[12] == UInt64(UInt32(truncatingIfNeeded: registers[9] ^ registers[10])))
    }
}
