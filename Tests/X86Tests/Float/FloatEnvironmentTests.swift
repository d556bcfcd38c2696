// The x87 environment in memory, in all four forms (Intel SDM volume 1, figures 8-9 to 8-12).
import Testing

@testable import X86

@Suite struct FloatEnvironmentTests {
    private func machine(_ size: CodeSize) throws -> FloatMachine {
        let machine = try FloatMachine()
        machine.setMode(size)
        let state = machine.cpu.state
        _ = try machine.execute([0xdb, 0xe3])
        state.pointee.floatControl = 0x27f
        state.pointee.floatStatus = 0x3a21
        state.pointee.floatInUse = 0x81
        state.pointee.floatExponents[0] = 0x3fff
        state.pointee.floatSignificands[0] = 1 << 63
        state.pointee.floatExponents[7] = 0
        state.pointee.floatSignificands[7] = 0
        state.pointee.floatOpcode = 0x5a5
        state.pointee.floatInstruction = 0x8_1234
        state.pointee.floatInstructionSelector = size == .bits16 ? 0 : 0x33
        state.pointee.floatOperand = 0x4_5678
        state.pointee.floatOperandSelector = size == .bits16 ? 0 : 0x2b
        state.pointee.registers[6] = HostFloatHarness.data
        return machine
    }

    private func bytes(_ machine: FloatMachine, _ count: Int) -> [UInt8] {
        (0..<count).map { machine.pointer(HostFloatHarness.data).load(fromByteOffset: $0, as: UInt8.self) }
    }

    /// fnstenv, changes, fldenv: all is as before, but for the masks that fnstenv sets.
    private func goThere(_ machine: FloatMachine, _ store: [UInt8], _ load: [UInt8], _ expected: [UInt8]) throws {
        let state = machine.cpu.state
        let before = (state.pointee.floatInstruction, state.pointee.floatOperand, state.pointee.floatOpcode)
        #expect(try machine.execute(store) == nil)
        #expect(bytes(machine, expected.count) == expected)
        #expect(state.pointee.floatControl == 0x27f)
        _ = try machine.execute([0xdb, 0xe3])
        #expect(try machine.execute(load) == nil)
        #expect(state.pointee.floatControl == 0x27f)
        #expect(state.pointee.floatStatus == 0x3a21)
        #expect(state.pointee.floatInUse == 0x81)
        let mask: UInt64 = expected.count == 14 ? (machine.cpu.hasRealSegments ? 0xf_ffff : 0xffff) : 0xffff_ffff
        #expect(state.pointee.floatInstruction == before.0 & mask)
        #expect(state.pointee.floatOperand == before.1 & mask)
        if expected.count == 28 { #expect(state.pointee.floatOpcode == before.2) }
    }

    @Test func protected32() throws {
        try goThere(machine(.bits64), [0xd9, 0x36], [0xd9, 0x26], [
            0x7f, 0x02, 0xff, 0xff, 0x21, 0x3a, 0xff, 0xff, 0xfc, 0x7f, 0xff, 0xff, 0x34, 0x12, 0x08, 0x00,
            0x33, 0x00, 0xa5, 0x05, 0x78, 0x56, 0x04, 0x00, 0x2b, 0x00, 0xff, 0xff,
        ])
    }

    @Test func protected16() throws {
        try goThere(machine(.bits32), [0x66, 0xd9, 0x36], [0x66, 0xd9, 0x26], [
            0x7f, 0x02, 0x21, 0x3a, 0xfc, 0x7f, 0x34, 0x12, 0x33, 0x00, 0x78, 0x56, 0x2b, 0x00,
        ])
    }

    // In 16-bit code [di] is 35, and SI and DI are the low halves of registers.
    @Test func real32() throws {
        let machine = try machine(.bits16)
        machine.cpu.state.pointee.registers[7] = HostFloatHarness.data & 0xffff
        try goThere(machine, [0x66, 0xd9, 0x35], [0x66, 0xd9, 0x25], [
            0x7f, 0x02, 0xff, 0xff, 0x21, 0x3a, 0xff, 0xff, 0xfc, 0x7f, 0xff, 0xff, 0x34, 0x12, 0xff, 0xff,
            0xa5, 0x85, 0x00, 0x00, 0x78, 0x56, 0xff, 0xff, 0x00, 0x40, 0x00, 0x00,
        ])
    }

    @Test func real16() throws {
        let machine = try machine(.bits16)
        machine.cpu.state.pointee.registers[7] = HostFloatHarness.data & 0xffff
        try goThere(machine, [0xd9, 0x35], [0xd9, 0x25], [
            0x7f, 0x02, 0x21, 0x3a, 0xfc, 0x7f, 0x34, 0x12, 0xa5, 0x85, 0x78, 0x56, 0x00, 0x40,
        ])
    }

    @Test func saveAndRestoreInRealMode() throws {
        let machine = try machine(.bits16)
        let state = machine.cpu.state
        state.pointee.registers[7] = HostFloatHarness.data & 0xffff
        let significands = (0..<8).map { state.pointee.floatSignificands[$0] }
        #expect(try machine.execute([0xdd, 0x35]) == nil)
        #expect(state.pointee.floatControl == 0x37f && state.pointee.floatInUse == 0)
        state.pointee.floatSignificands = InlineArray(repeating: 5)
        #expect(try machine.execute([0xdd, 0x25]) == nil)
        #expect((0..<8).map { state.pointee.floatSignificands[$0] } == significands)
        #expect(state.pointee.floatStatus == 0x3a21 && state.pointee.floatInUse == 0x81)
        // The image of 94 bytes must lie within the segment.
        state.pointee.registers[7] = 0xffff - 92
        #expect(try machine.execute([0xdd, 0x35]) == 13)
        state.pointee.registers[7] = 0xffff - 93
        #expect(try machine.execute([0xdd, 0x35]) == nil)
    }

    @Test func operandPointerIsNoted() throws {
        let machine = try machine(.bits64)
        machine.cpu.state.pointee.floatInUse = 0
        #expect(try machine.execute([0xd9, 0x46, 0x08]) == nil)
        #expect(machine.cpu.state.pointee.floatOperand == HostFloatHarness.data + 8)
        #expect(machine.cpu.state.pointee.floatOperandSelector == 0x2b)
        #expect(machine.cpu.state.pointee.floatInstructionSelector == 0x33)
        #expect(machine.cpu.state.pointee.floatOpcode == 0x5a5)
    }
}
