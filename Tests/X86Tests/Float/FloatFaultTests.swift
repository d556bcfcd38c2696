// When x87 instructions fault, and what they leave then.
import Testing

@testable import X86

@Suite struct FloatFaultTests {
    /// fld1, fadd, fnstsw, fninit, fxch: one of each kind.
    private static let codes: [[UInt8]] = [
        [0xd9, 0xe8], [0xd8, 0xc0], [0xdf, 0xe0], [0xdb, 0xe3], [0xd9, 0xc9], [0xd9, 0x36], [0xd9, 0x3e],
        [0xdd, 0x36], [0xdb, 0x3e], [0xd9, 0x2e], [0xdb, 0xe2],
    ]

    @Test(arguments: [CR0.emulation, CR0.taskSwitched])
    func switchedOffInstructionsRaiseDeviceNotAvailable(bit: UInt64) throws {
        let machine = try FloatMachine()
        machine.cpu.state.pointee.registers[6] = HostFloatHarness.data
        machine.cpu.state.pointee.cr0 |= bit
        for code in Self.codes { #expect(try machine.execute(code) == 7) }
    }

    @Test func waitObeysTaskSwitchOnlyWithMonitor() throws {
        let machine = try FloatMachine()
        machine.cpu.state.pointee.cr0 |= CR0.taskSwitched
        #expect(try machine.execute([0x9b]) == nil)
        machine.cpu.state.pointee.cr0 |= CR0.monitorCoprocessor
        #expect(try machine.execute([0x9b]) == 7)
        machine.cpu.state.pointee.cr0 &= ~CR0.taskSwitched
        #expect(try machine.execute([0x9b]) == nil)
    }

    @Test func exceptionIsRaisedAtTheNextWaitingInstruction() throws {
        let machine = try FloatMachine()
        let state = machine.cpu.state
        _ = try machine.execute([0xdb, 0xe3])
        state.pointee.floatControl = 0x37b
        #expect(try machine.execute([0xd9, 0xe8]) == nil)
        #expect(try machine.execute([0xd9, 0xee]) == nil)
        // fdivp: 1 / 0. The stack stays, the opcode is noted.
        #expect(try machine.execute([0xde, 0xf9]) == nil)
        #expect(state.pointee.floatStatus == 0xb084)
        #expect(state.pointee.floatOpcode == 0x6f9)
        #expect(state.pointee.floatInstruction == state.pointee.rip)
        #expect(try machine.execute([0x9b]) == 16)
        #expect(try machine.execute([0xd9, 0xe8]) == 16)
        // Those that do not wait: fnstsw AX, fnclex.
        #expect(try machine.execute([0xdf, 0xe0]) == nil)
        #expect(state.pointee.registers[0] & 0xffff == 0xb084)
        // Without NE the machine's line tells of it.
        #expect(!machine.cpu.signalsFloatError)
        state.pointee.cr0 &= ~CR0.numericError
        #expect(machine.cpu.signalsFloatError)
        #expect(try machine.execute([0x9b]) == nil)
        #expect(try machine.execute([0xdb, 0xe2]) == nil)
        #expect(!machine.cpu.signalsFloatError)
        #expect(state.pointee.floatStatus == 0x3000)
    }

    @Test func unmaskingAnOldExceptionMakesItWait() throws {
        let machine = try FloatMachine()
        let state = machine.cpu.state
        _ = try machine.execute([0xdb, 0xe3])
        state.pointee.floatStatus = 1
        state.pointee.registers[6] = HostFloatHarness.data
        machine.store([0x37e], at: HostFloatHarness.data)
        #expect(try machine.execute([0xd9, 0x2e]) == nil)
        #expect(state.pointee.floatStatus == 0x8081)
        #expect(try machine.execute([0xd9, 0xe8]) == 16)
    }

    /// fstp of all sizes, fistp, fbstp, fld, fnsave, frstor at an address that is none.
    @Test(arguments: [
        [0xd9, 0x1e], [0xdd, 0x1e], [0xdb, 0x3e], [0xdf, 0x3e], [0xdf, 0x36], [0xdd, 0x06], [0xdd, 0x36],
        [0xdd, 0x26], [0xd8, 0x06], [0xd9, 0x36], [0xd9, 0x26],
    ] as [[UInt8]])
    func faultsOfMemoryChangeNothing(code: [UInt8]) throws {
        let machine = try FloatMachine()
        var random = SplitMix(seed: 3)
        let test = try #require(FloatCase(&random, [0xd9, 0xe8, 0]))
        try machine.setImage(test.image)
        machine.cpu.state.pointee.floatControl = 0x37f
        machine.cpu.state.pointee.floatStatus = 0
        machine.cpu.state.pointee.floatInUse = 0x0f
        let before = try machine.image()
        machine.cpu.state.pointee.registers[6] = 0x8000_0000_0000_0000
        #expect(try machine.execute(code) == 13)
        #expect(try machine.image() == before)
    }
}
