// Pausing, resuming and resetting a running machine from another thread.
import Foundation
import MachineCore
import StateCodec
import Testing

@testable import Machine

@Suite(.serialized) struct PauseTests {
    private let spinning = "1: addi s1, s1, 1\n j 1b\n"

    @Test(arguments: [1, 2]) func aPausedMachineStandsStill(_ cpus: Int) throws {
        let machine = try BareProgram(spinning).machine(cpuCount: cpus)
        let remote = machine.remote
        nonisolated(unsafe) var failure: String?
        let user = Thread {
            do {
                try remote.perform { $0.pause() }
                let before = try remote.perform { (try $0.stateHash(), $0.instructionsExecuted) }
                Thread.sleep(forTimeInterval: 0.02)
                let after = try remote.perform { (try $0.stateHash(), $0.instructionsExecuted) }
                if before != after { failure = "it went on: \(before), \(after)" }
                try remote.perform { $0.resume() }
                while try remote.perform({ $0.instructionsExecuted }) <= after.1 {}
            } catch {
                failure = "\(error)"
            }
            remote.stop()
        }
        user.start()
        #expect(try machine.run() == .stopped)
        #expect(failure == nil)
        try machine.close()
    }

    @Test func aPausedMachineCanBeStopped() throws {
        let machine = try BareProgram(spinning).machine(cpuCount: 1)
        machine.pause()
        machine.remote.stop()
        #expect(try machine.run() == .stopped)
        try machine.close()
    }

    @Test func requestsAfterTheEndAreRefused() throws {
        let machine = try BareProgram("finish 0\n").machine(cpuCount: 1)
        #expect(try machine.run() == .poweredOff(status: 0))
        try machine.close()
        #expect(throws: MachineError.self) { try machine.remote.perform { $0.pause() } }
    }

    @Test func aResetFromOutsideStartsAgain() throws {
        let program = try BareProgram("""
                li s1, 0x80800000
                ld t0, 0(s1)
                addi t0, t0, 1
                sd t0, 0(s1)
                li t1, 3
                beq t0, t1, 2f
            1:  j 1b
            2:  finish 0
            """)
        let machine = try program.machine(cpuCount: 1)
        let remote = machine.remote
        let user = Thread { while (try? remote.perform { $0.reset() }) != nil { Thread.sleep(forTimeInterval: 0.01) } }
        user.start()
        #expect(try machine.run() == .poweredOff(status: 0))
        try machine.close()
    }
}
