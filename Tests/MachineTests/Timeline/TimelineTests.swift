// A recorded machine can go to any moment of its past, and is what it was then.
import Foundation
import MachineCore
import StateCodec
import Testing

@testable import Machine

@Suite(.serialized) struct TimelineTests {
    private func booting(_ guest: DebianGuest) throws -> Machine {
        var configuration = MachineConfiguration(name: "test", program: .linux(guest.linux()))
        configuration.memoryByteCount = 256 << 20
        configuration.clock = .deterministic(nanosecondsPerInstruction: 10)
        configuration.disks = [DiskConfiguration(path: try guest.makeDisk())]
        return try Machine(configuration, log: { _ in }, consoleOutput: { _ in })
    }

    private func run(_ machine: Machine, to count: UInt64) throws {
        #expect(try machine.run(instructionLimit: count - machine.instructionsExecuted) == .instructionLimit)
        #expect(machine.instructionsExecuted == count)
    }

    /// The boot of a stock Debian kernel with a disk and with typing, there and back in any order.
    @Test func everyMomentIsWhatItWas() throws {
        let machine = try booting(try DebianGuest())
        try run(machine, to: 40_000_000)
        try machine.startRecording()
        let moments: [UInt64] = [40_000_001, 77_777_777, 290_000_000, 456_789_012, 700_000_000, 700_000_001]
        var hashes: [UInt64: StateHash] = [:]
        for (index, moment) in moments.enumerated() {
            try run(machine, to: moment)
            hashes[moment] = try machine.stateHash()
            machine.remote.sendInput(Array("typed \(index)\n".utf8))
        }
        try run(machine, to: 750_000_000)
        let last = try machine.stateHash()
        for moment in [moments[4], moments[1], moments[5], moments[0], moments[3], moments[2], moments[2]] {
            try machine.travel(to: moment)
            #expect(machine.instructionsExecuted == moment)
            #expect(try machine.stateHash() == hashes[moment], "after \(moment) instructions")
        }
        // Forward again, through the input that was typed, to where it was.
        try machine.travel(to: 750_000_000)
        #expect(try machine.stateHash() == last)
        try machine.close()
    }

    /// Running again leads to the same states, on both engines; a machine that was tampered with does not.
    @Test func recordingsAreVerified() throws {
        let machine = try booting(try DebianGuest())
        try run(machine, to: 40_000_000)
        #expect(throws: MachineError.self) { try machine.verifyRecording() }
        try machine.startRecording()
        try run(machine, to: 150_000_000)
        machine.remote.sendInput(Array("typed\n".utf8))
        try run(machine, to: 400_000_000)
        let hash = try machine.stateHash()
        for engine in [nil, "precise", "jit"] {
            let verdict = try machine.verifyRecording(with: engine)
            guard case .same(let moments, 360_000_000) = verdict else {
                Issue.record("\(verdict)")
                continue
            }
            #expect(moments > 5)
            #expect(try machine.stateHash() == hash)
            #expect(machine.engineName == "jit")
        }
        #expect(throws: MachineError.self) { try machine.verifyRecording(with: "none") }
        let cpu = try #require(machine.inspectableCPU(0))
        #expect(cpu.writeRegister(3, 0xbad))
        guard case .differs = try machine.verifyRecording() else {
            Issue.record("a register was changed, and nobody noticed")
            return
        }
        try machine.close()
    }

    @Test func bookmarksAreMoments() throws {
        let machine = try BareProgram("1: addi s1, s1, 1\n j 1b\n").machine(cpuCount: 1)
        #expect(throws: MachineError.self) { try machine.bookmark("here") }
        try machine.startRecording()
        _ = try machine.run(instructionLimit: 1001)
        try machine.bookmark("here")
        _ = try machine.run(instructionLimit: 1000)
        try machine.travel(toBookmark: "here")
        #expect(machine.instructionsExecuted == 1001)
        #expect(machine.bookmarks == ["here": 1001])
        #expect(throws: MachineError.self) { try machine.travel(toBookmark: "there") }
        #expect(throws: MachineError.self) { try machine.bookmark("../x") }
        try machine.close()
    }

    @Test func momentsOutsideTheRecordingAreRefused() throws {
        let machine = try BareProgram("1: addi s1, s1, 1\n j 1b\n").machine(cpuCount: 1)
        #expect(throws: MachineError.self) { try machine.travel(to: 0) }
        _ = try machine.run(instructionLimit: 1000)
        try machine.startRecording()
        _ = try machine.run(instructionLimit: 1000)
        #expect(throws: MachineError.self) { try machine.travel(to: 999) }
        #expect(throws: MachineError.self) { try machine.travel(to: 2001) }
        try machine.travel(to: 1001)
        try machine.travel(to: 2000)
        #expect(machine.recording == 1000...2000)
        try machine.stopRecording()
        #expect(throws: MachineError.self) { try machine.travel(to: 1500) }
        // The machine's time follows the host again.
        #expect(machine.context.clock.mode == .freeRunning)
        try machine.close()
    }

    /// Back to the last write of a variable, and to each pass of a breakpoint before that.
    @Test(arguments: EngineCatalog.names) func runningBackMeetsPoints(_ engine: String) throws {
        let machine = try BareProgram("""
            .option norvc
                li s0, 0
                li s1, 0x80004000
                li s2, 1000
                j loop
            .org 0x100
            loop:
                addi s0, s0, 1
                andi t0, s0, 0xff
                bnez t0, 1f
                sd s0, 0(s1)
            1:  j loop
            """).machine(cpuCount: 1)
        try machine.switchEngine(to: engine)
        try machine.startRecording()
        // Enough for several keyframes.
        _ = try machine.run(instructionLimit: 120_000_000)
        machine.pause()
        let cpu = { try #require(machine.board.cpus[0] as? any InspectableCPU) }
        let now = try #require(try cpu().readRegister(8))
        machine.debugPoints.watchpoints = [Watchpoint(address: 0x8000_4000, count: 8, accesses: .write)]
        let hit = try #require(try machine.runBack())
        #expect(hit.stop == .watchpoint(machine.debugPoints.watchpoints[0], address: 0x8000_4000))
        #expect(try cpu().programCounter == 0x8000_010c)
        #expect(try cpu().readRegister(8) == now & ~0xff)
        #expect(try machine.runBack() != nil)
        #expect(try cpu().readRegister(8) == (now & ~0xff) - 256)
        #expect(try machine.stepBack())
        #expect(try cpu().programCounter == 0x8000_0108)
        try machine.close()
    }
}
