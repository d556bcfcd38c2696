// fxsave, fxrstor, xsave, xsaveopt and xrstor, against the host's own CPU and the manual.
import Testing

@testable import X86

@Suite struct SaveAreaTests {
    private static let area: UInt64 = 0x1000_2000

    /// x87 and vector state restored from random areas by xrstor, and saved again by all instructions.
    @Test func areasAreAsTheHostMakesThem() throws {
        var random = SplitMix(seed: 13)
        let cases = (0..<2000).map { _ in SaveAreaCase(&random) }
        let results = try SaveAreaHarness.run(cases)
        let machine = try FloatMachine()
        var differences: [String] = []
        for (test, host) in zip(cases, results) {
            let own = try own(machine, test)
            for (name, range) in SaveAreaHarness.parts {
                for word in range where (own[word] ^ host[word]) & SaveAreaHarness.mask(word - range.lowerBound) != 0 {
                    let (a, b) = (String(own[word], radix: 16), String(host[word], radix: 16))
                    differences.append("\(name) word \(word - range.lowerBound): \(a), host \(b), \(test.summary)")
                }
            }
        }
        #expect(differences.isEmpty, "\(differences.count): \(differences.prefix(12).joined(separator: "\n"))")
    }

    private func own(_ machine: FloatMachine, _ test: SaveAreaCase) throws -> [UInt64] {
        let (cpu, area) = (machine.cpu, Self.area)
        try machine.setImage(test.before)
        (cpu.state.pointee.registers[0], cpu.state.pointee.registers[2]) = (test.restored, 0)
        machine.store(test.area, at: area)
        try cpu.restoreFloatState(.xrstor, at: area, is64Bit: true)
        (cpu.state.pointee.registers[0], cpu.state.pointee.registers[2]) = (test.saved, 0)
        let filler = SaveAreaHarness.filler
        var words: [UInt64] = []
        for operation in [X86.Operation.fxsave, .xsave, .xsaveopt] {
            machine.store(filler, at: area)
            try cpu.saveFloatState(operation, at: area, is64Bit: true)
            words += machine.words(area, operation == .fxsave ? 64 : 72)
        }
        return words
    }

    private func vector(_ machine: FloatMachine, _ body: (CPU) throws -> Void) -> UInt8? {
        do {
            try body(machine.cpu)
            return nil
        } catch { return machine.cpu.notedVector }
    }

    @Test func badAreasAreRefused() throws {
        let machine = try FloatMachine()
        let area = Self.area
        func restore(_ operation: X86.Operation, at address: UInt64) -> UInt8? {
            vector(machine) { try $0.restoreFloatState(operation, at: address, is64Bit: false) }
        }
        func save(_ operation: X86.Operation, at address: UInt64) -> UInt8? {
            vector(machine) { try $0.saveFloatState(operation, at: address, is64Bit: false) }
        }
        machine.store([UInt64](repeating: 0, count: 104), at: area)
        machine.cpu.state.pointee.registers[0] = 3
        #expect(save(.fxsave, at: area + 8) == 13 && restore(.fxrstor, at: area + 8) == 13)
        #expect(save(.xsave, at: area + 16) == 13 && restore(.xrstor, at: area + 32) == 13)
        // Bits of MXCSR, components and header fields that do not exist.
        machine.store([0x1_0000], at: area + 24)
        #expect(restore(.fxrstor, at: area) == 13 && restore(.xrstor, at: area) == 13)
        machine.store([0x1f80], at: area + 24)
        #expect(restore(.fxrstor, at: area) == nil && restore(.xrstor, at: area) == nil)
        for (word, value) in [(64, 4), (64, 8), (65, 1), (65, 1 << 63), (66, 1)] as [(UInt64, UInt64)] {
            machine.store([0], at: area + word * 8)
            machine.store([value], at: area + word * 8)
            #expect(restore(.xrstor, at: area) == 13)
            machine.store([0], at: area + word * 8)
        }
        machine.cpu.state.pointee.cr4 &= ~CR4.extendedState
        #expect(save(.xsave, at: area) == 6 && restore(.xrstor, at: area) == 6)
        machine.cpu.state.pointee.cr0 |= CR0.taskSwitched
        #expect(save(.fxsave, at: area) == 7 && restore(.fxrstor, at: area) == 7)
    }

    @Test func selectorsAndHalfPointersWithoutTheWidePrefix() throws {
        let machine = try FloatMachine()
        let state = machine.cpu.state
        state.pointee.floatInstruction = 0x1234_5678_9abc
        state.pointee.floatInstructionSelector = 0x33
        state.pointee.floatOperand = 0x4321_8765_cba9
        state.pointee.floatOperandSelector = 0x2b
        try machine.cpu.saveFloatState(.fxsave, at: Self.area, is64Bit: false)
        #expect(machine.words(Self.area, 3)[1...] == [0x33_5678_9abc, 0x2b_8765_cba9])
        try machine.cpu.saveFloatState(.fxsave, at: Self.area, is64Bit: true)
        #expect(machine.words(Self.area, 3)[1...] == [0x1234_5678_9abc, 0x4321_8765_cba9])
    }

    @Test func codeOf32BitsSavesEightVectors() throws {
        let machine = try FloatMachine()
        for number in 0..<32 { machine.cpu.state.pointee.vectors[number] = UInt64(number) + 1 }
        machine.setMode(.bits32)
        machine.store([UInt64](repeating: 0, count: 64), at: Self.area)
        try machine.cpu.saveFloatState(.fxsave, at: Self.area, is64Bit: false)
        let words = machine.words(Self.area, 64)
        #expect(words[20..<36].elementsEqual((1...16).map { UInt64($0) }) && words[36...].allSatisfy { $0 == 0 })
        // Without OSFXSR vectors are not touched at all.
        machine.cpu.state.pointee.cr4 = 0
        machine.store([UInt64](repeating: 7, count: 16), at: Self.area + 160)
        machine.store([0xffff_ffff], at: Self.area + 24)
        try machine.cpu.restoreFloatState(.fxrstor, at: Self.area, is64Bit: false)
        #expect(machine.cpu.state.pointee.vectors[0] == 1)
    }

    @Test func upperHalvesHaveTheirPlace() throws {
        let machine = try FloatMachine()
        let state = machine.cpu.state
        state.pointee.xcr0 = 7
        for number in 0..<32 { state.pointee.upperVectors[number] = UInt64(number) + 100 }
        state.pointee.registers[0] = 4
        machine.store([UInt64](repeating: 0, count: 104), at: Self.area)
        try machine.cpu.saveFloatState(.xsave, at: Self.area, is64Bit: true)
        let words = machine.words(Self.area, 104)
        #expect(words[64] == 4 && words[0] == 0 && words[3] == 0xffff_0000_1f80)
        #expect(words[72...].elementsEqual((100..<132).map { UInt64($0) }))
        state.pointee.upperVectors = InlineArray(repeating: 0)
        try machine.cpu.restoreFloatState(.xrstor, at: Self.area, is64Bit: true)
        #expect(state.pointee.upperVectors[31] == 131)
        machine.store([0], at: Self.area + 512)
        try machine.cpu.restoreFloatState(.xrstor, at: Self.area, is64Bit: true)
        #expect(state.pointee.upperVectors[31] == 0)
    }
}
