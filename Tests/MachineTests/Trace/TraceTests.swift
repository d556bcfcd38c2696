// Traces say what the machine did, all of it, and change nothing.
import Foundation
import MachineCore
import StateCodec
import Testing

@testable import Machine

@Suite(.serialized) struct TraceTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Sorts and adds numbers, with calls, atomics and floating point.
    private static let program = """
            li t0, 0x6000
            csrs mstatus, t0
            li s0, 0x80100000
            li s1, 0
            li s2, 0x12345
        1:  slli t0, s2, 13
            xor s2, s2, t0
            srli t0, s2, 7
            xor s2, s2, t0
            andi t1, s1, 0x3f8
            add t1, t1, s0
            sd s2, 0(t1)
            amoadd.d t2, s1, (s0)
            sh s2, 6(t1)
            lw t3, 4(t1)
            fcvt.d.l ft0, t3
            fadd.d ft1, ft1, ft0
            call 2f
            addi s1, s1, 8
            j 1b
        2:  csrrw t4, mscratch, s2
            ret
        """

    /// Who applies the effects of all lines to the registers and the memory of the beginning has those of the end.
    @Test(arguments: EngineCatalog.names) func effectsAreComplete(_ engine: String) throws {
        let machine = try BareProgram(Self.program).machine(cpuCount: 1)
        try machine.switchEngine(to: engine)
        _ = try machine.run(instructionLimit: 1000)
        let cpu = try #require(machine.inspectableCPU(0))
        let registers = type(of: cpu).registers.filter { ![.counter, .programCounter].contains($0.kind) }
        func values() -> [String: UInt64] {
            Dictionary(uniqueKeysWithValues: registers.map { ($0.name, cpu.readRegister($0.number) ?? 0) })
        }
        var (model, memory) = (values(), [UInt64: UInt8]())
        try machine.startTrace(TraceOptions([.instructions]), to: folder("trace"))
        _ = try machine.run(instructionLimit: 20_000)
        let status = try #require(machine.endTrace())
        let lines = try lines(folder("trace"))
        #expect(lines.count == 20_000)
        #expect(status == TraceStatus(path: folder("trace"), lineCount: 20_000))
        for line in lines {
            for effect in Self.effects(of: line) {
                if effect.name.hasPrefix("store") || effect.name.hasPrefix("atomic") {
                    for offset in 0..<effect.byteCount {
                        memory[effect.address + offset] = UInt8(truncatingIfNeeded: effect.value >> (8 * offset))
                    }
                } else if !effect.name.hasPrefix("load") {
                    model[effect.name] = effect.value
                }
            }
        }
        #expect(model == values())
        #expect(memory.count == 0x400)
        #expect(memory.allSatisfy { machine.memory(at: $0.key, count: 1, of: nil) == [$0.value] })
        // Without a trace the engine runs the machine again.
        _ = try machine.run(instructionLimit: 100_000)
        #expect(machine.engineSet.current[0].name == engine && !(machine.engineSet.current[0] is TracingEngine))
        try machine.close()
    }

    private struct Effect {
        var name: String
        var byteCount: UInt64 = 0
        var address: UInt64 = 0
        var value: UInt64
    }

    private static func effects(of line: String) -> [Effect] {
        guard line.count > 72 else { return [] }
        return line.dropFirst(72).components(separatedBy: ", ").compactMap { text in
            let sides = text.components(separatedBy: "=")
            guard sides.count == 2, let value = UInt64(sides[1].dropFirst(2), radix: 16) else { return nil }
            let words = sides[0].components(separatedBy: " [0x")
            guard words.count == 2 else { return Effect(name: sides[0], value: value) }
            return Effect(
                name: words[0], byteCount: UInt64(words[0].filter(\.isNumber)) ?? 0,
                address: UInt64(words[1].dropLast(), radix: 16) ?? 0, value: value)
        }
    }

    /// A stock Debian kernel boots to the same state, however often and whatever is traced meanwhile.
    @Test func theGuestDoesNotNotice() throws {
        let guest = try DebianGuest()
        let plain = try booting(guest)
        _ = try plain.run(instructionLimit: 300_000_000)
        let traced = try booting(guest)
        let kinds: [TraceOptions.Kinds] = [
            [.instructions], [.memory, .traps], [.devices], [.traps], [.instructions, .memory, .devices, .traps],
        ]
        for number in 0..<30 {
            _ = try traced.run(instructionLimit: 10_000_000 - 20_000)
            let path = folder("trace-\(number)")
            try traced.startTrace(TraceOptions(kinds[number % kinds.count]), to: path)
            _ = try traced.run(instructionLimit: 20_000)
            traced.endTrace()
        }
        #expect(try traced.stateHash() == plain.stateHash())
        #expect(try lines(folder("trace-0")).count == 20_000)
        try plain.close()
        try traced.close()
    }

    private func booting(_ guest: DebianGuest) throws -> Machine {
        var configuration = MachineConfiguration(name: "test", program: .linux(guest.linux()))
        configuration.memoryByteCount = 256 << 20
        configuration.clock = .deterministic(nanosecondsPerInstruction: 10)
        return try Machine(configuration, log: { _ in }, consoleOutput: { _ in })
    }

    /// Devices and traps are traced on the fast engine, too, and are the same there.
    @Test func devicesAndTrapsOfBothEngines() throws {
        let guest = try DebianGuest()
        var traces: [[String]] = []
        for engine in EngineCatalog.names {
            let machine = try booting(guest)
            try machine.switchEngine(to: engine)
            try machine.startTrace(TraceOptions([.devices, .traps]), to: folder(engine))
            _ = try machine.run(instructionLimit: 500_000_000)
            machine.endTrace()
            traces.append(try lines(folder(engine)))
            try machine.close()
        }
        let events = traces.map { $0.map { $0.components(separatedBy: "  ").last ?? "" } }
        #expect(events[0] == events[1])
        #expect(events[0].contains { $0.hasPrefix("PLIC write4 [0xc") })
        #expect(events[0].contains { $0.hasPrefix("supervisor timer interrupt (5), handler 0xffffffff") })
    }

    @Test func rangesAndLimits() throws {
        let machine = try BareProgram(Self.program).machine(cpuCount: 1)
        _ = try machine.run(instructionLimit: 1000)
        let options = TraceOptions([.memory], ranges: [0x8010_0000...0x8010_0007], lineLimit: 50)
        try machine.startTrace(options, to: folder("trace"))
        #expect(throws: MachineError.self) { try machine.startTrace(options, to: folder("other")) }
        _ = try machine.run(instructionLimit: 100_000)
        // It has ended by itself.
        #expect(machine.traceStatus == nil)
        let lines = try lines(folder("trace"))
        #expect(lines.count == 50)
        #expect(lines.allSatisfy { $0.contains(" [0x80100000]=") || $0.contains(" [0x80100006]=") })
        #expect(throws: MachineError.self) { try machine.startTrace(options, to: folder("trace")) }
        #expect(throws: MachineError.self) { try machine.startTrace(options, to: folder("none/trace")) }
        #expect(machine.endTrace() == nil)
        try machine.close()
    }
}
