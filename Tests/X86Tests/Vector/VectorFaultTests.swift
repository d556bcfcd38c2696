// When MMX and SSE instructions fault, and what they leave then (Intel SDM volume 3, 2.5 and 13.1).
import Testing

@testable import X86

@Suite struct VectorFaultTests {
    private static let forms = VectorForm.Group.all.flatMap(\.forms)
    private static let memoryForms = forms.filter { VectorForm.decode($0.sample)?.hasMemoryOperand == true }

    private func machine() throws -> FloatMachine {
        let machine = try FloatMachine()
        machine.cpu.state.pointee.cr4 |= CR4.vectorExceptions
        try prepare(machine)
        return machine
    }

    private func prepare(_ machine: FloatMachine) throws {
        machine.cpu.state.pointee.registers[6] = HostVectorHarness.data
        machine.cpu.state.pointee.registers[7] = HostVectorHarness.data
        machine.store([UInt64](repeating: 0, count: 8), at: HostVectorHarness.data)
        _ = try machine.execute([0xdb, 0xe3])
        machine.cpu.state.pointee.mxcsr = 0x1f80
    }

    // MARK: Switched off

    @Test func allInstructionsWorkHere() throws {
        let machine = try machine()
        for form in Self.forms {
            try prepare(machine)
            #expect(try machine.execute(form.sample) == nil, "\(form)")
        }
    }

    /// Emulation comes before a task switch, and that before an x87 exception that waits.
    @Test func switchedOffInstructions() throws {
        let machine = try machine()
        let state = machine.cpu.state
        state.pointee.floatStatus = 0x8081
        state.pointee.floatControl = 0x37e
        for form in Self.forms {
            state.pointee.cr0 |= CR0.taskSwitched
            #expect(try machine.execute(form.sample) == 7, "\(form)")
            state.pointee.cr0 |= CR0.emulation
            #expect(try machine.execute(form.sample) == 6, "\(form)")
            state.pointee.cr0 &= ~CR0.taskSwitched
            #expect(try machine.execute(form.sample) == 6, "\(form)")
            state.pointee.cr0 &= ~CR0.emulation
        }
    }

    /// What touches an XMM register or MXCSR needs a system that saves them, also together with an MMX register.
    @Test func vectorRegistersNeedASystemThatKnowsThem() throws {
        let machine = try machine()
        machine.cpu.state.pointee.cr4 &= ~CR4.fxsave
        for form in Self.forms {
            let instruction = try #require(VectorForm.decode(form.sample))
            let kinds = [instruction.a.kind, instruction.b.kind]
            let isMMX = !kinds.contains(.vector) && form.operation != .ldmxcsr && form.operation != .stmxcsr
            let convertsToMMX = [.cvtps2pi, .cvttps2pi, .cvtpd2pi, .cvttpd2pi].contains(form.operation)
            #expect(try machine.execute(form.sample) == (isMMX && !convertsToMMX ? nil : 6), "\(form)")
        }
    }

    // MARK: Memory

    /// What is not aligned, by the manual; all other operands of 16 bytes are.
    private static let unaligned: Set<X86.Operation> = [
        .movups, .movupd, .movdqu, .lddqu, .pcmpestrm, .pcmpestri, .pcmpistrm, .pcmpistri,
    ]

    @Test func wideOperandsAreAligned() throws {
        let machine = try machine()
        for form in Self.memoryForms {
            try prepare(machine)
            machine.cpu.state.pointee.registers[6] = HostVectorHarness.data + 8
            let instruction = try #require(VectorForm.decode(form.sample))
            let memory = instruction.a.kind == .memory ? instruction.a : instruction.b
            let faults = memory.width == 16 && !Self.unaligned.contains(form.operation)
            #expect(try machine.execute(form.sample) == (faults ? 13 : nil), "\(form)")
        }
    }

    @Test func faultsOfMemoryChangeNothing() throws {
        let machine = try machine()
        var random = SplitMix(seed: 3)
        let masked = Self.forms.filter { $0.operation == .maskmovq || $0.operation == .maskmovdqu }
        #expect(masked.count == 2)
        for form in Self.memoryForms + masked {
            try machine.setImage(FloatCase(&random, [0xd9, 0xe8, 0])?.image ?? [])
            machine.cpu.state.pointee.floatControl = 0x37f
            machine.cpu.state.pointee.floatStatus = 0x3800
            let before = try machine.image()
            let registers = (0..<16).map { machine.cpu.state.pointee.registers[$0] }
            for number in 6...7 { machine.cpu.state.pointee.registers[number] = 1 << 63 }
            #expect(try machine.execute(form.sample) == 13, "\(form)")
            for number in 6...7 { machine.cpu.state.pointee.registers[number] = registers[number] }
            #expect((0..<16).map { machine.cpu.state.pointee.registers[$0] } == registers, "\(form)")
            #expect(try machine.image() == before, "\(form)")
        }
    }

    /// Stores of 16 bytes reach memory as a whole or not at all.
    @Test(arguments: [[0x0f, 0x11, 0x06], [0xf3, 0x0f, 0x7f, 0x06], [0x66, 0x0f, 0xf7, 0xc8]] as [[UInt8]])
    func storesBeyondTheLimitWriteNothing(code: [UInt8]) throws {
        let machine = try machine()
        machine.setMode(.bits32)
        let ds = machine.cpu.state.pointee.segments[SegmentRegister.ds]
        machine.cpu.state.pointee.segments[SegmentRegister.ds] = Segment(
            limit: UInt32(HostVectorHarness.data) + 14, selector: ds.selector, attributes: ds.attributes)
        machine.cpu.stateWasReplaced()
        for number in 0..<4 { machine.cpu.state.pointee.vectors[number] = .max }
        #expect(try machine.execute(code) == 13)
        #expect(machine.words(HostVectorHarness.data, 2) == [0, 0])
        machine.cpu.state.pointee.registers[6] -= 1
        machine.cpu.state.pointee.registers[7] -= 1
        #expect(try machine.execute(code) == nil)
        #expect(machine.words(HostVectorHarness.data - 1, 2) == [.max, .max])
    }

    // MARK: Exceptions of numbers

    /// divss xmm0, xmm1: 1 / 0.
    @Test(arguments: [(true, 19), (false, 6)] as [(Bool, UInt8)])
    func unmaskedExceptionsAreReportedAsTheSystemAsks(hasHandler: Bool, vector: UInt8) throws {
        let machine = try machine()
        let state = machine.cpu.state
        if !hasHandler { state.pointee.cr4 &= ~CR4.vectorExceptions }
        state.pointee.mxcsr = 0x1d80
        (state.pointee.vectors[0], state.pointee.vectors[2]) = (0x3f80_0000, 0)
        #expect(try machine.execute([0xf3, 0x0f, 0x5e, 0xc1]) == vector)
        #expect(state.pointee.mxcsr == 0x1d84 && state.pointee.vectors[0] == 0x3f80_0000)
        // One that happened before does not raise anything: addss xmm0, xmm1.
        #expect(try machine.execute([0xf3, 0x0f, 0x58, 0xc1]) == nil)
        #expect(state.pointee.mxcsr == 0x1d84)
    }

    @Test func controlHasNoOtherBits() throws {
        let machine = try machine()
        for bit in 16..<32 as Range<UInt64> {
            machine.store([1 << bit | 0x1f80], at: HostVectorHarness.data)
            #expect(try machine.execute([0x0f, 0xae, 0x16]) == 13)
        }
        #expect(machine.cpu.state.pointee.mxcsr == 0x1f80)
        machine.store([0xffff_ffff_0000_ffff], at: HostVectorHarness.data)
        #expect(try machine.execute([0x0f, 0xae, 0x16]) == nil)
        #expect(machine.cpu.state.pointee.mxcsr == 0xffff)
    }

    /// rcpss and rsqrtss are exact to 1.5 / 4096.
    @Test(arguments: [(0x53, false), (0x52, true)] as [(UInt8, Bool)])
    func approximationsAreNear(opcode: UInt8, isRoot: Bool) throws {
        let machine = try machine()
        var random = SplitMix(seed: 12)
        for _ in 0..<5000 {
            // Whose reciprocal is a normal number.
            let pattern = UInt32(truncatingIfNeeded: random.next()) & 0x7fff_ffff % 0x7e00_0000 | 0x80_0000
            let value = Float(bitPattern: pattern)
            machine.cpu.state.pointee.vectors[2] = UInt64(value.bitPattern)
            #expect(try machine.execute([0xf3, 0x0f, opcode, 0xc1]) == nil)
            let bits = UInt32(truncatingIfNeeded: machine.cpu.state.pointee.vectors[0])
            let exact = isRoot ? 1 / Double(value).squareRoot() : 1 / Double(value)
            #expect((Double(Float(bitPattern: bits)) - exact).magnitude <= exact * 1.5 / 4096)
        }
    }
}
