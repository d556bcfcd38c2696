// The two engines on the boot of a stock Debian kernel: equal in every block, and at every count.
import MachineCore
import StateCodec
import Testing

@testable import Machine
@testable import VirtRISCV

@Suite(.serialized) struct LockstepTests {
    private func configuration(_ guest: DebianGuest, cpus: Int) -> MachineConfiguration {
        var configuration = MachineConfiguration(name: "test", program: .linux(guest.linux()))
        configuration.cpuCount = cpus
        configuration.memoryByteCount = 256 << 20
        configuration.clock = .deterministic(nanosecondsPerInstruction: 10)
        return configuration
    }

    @Test func everyBlockOfTheFirstInstructions() throws {
        let lockstep = try Lockstep(configuration(try DebianGuest(), cpus: 1))
        #expect(try lockstep.run(instructionLimit: 10_000_000) == .instructionLimit)
        #expect(lockstep.instructionsExecuted == 10_000_000)
    }

    @Test func chainedBlocksAndTraces() throws {
        let lockstep = try Lockstep(configuration(try DebianGuest(), cpus: 1), stride: 20_000)
        #expect(try lockstep.run(instructionLimit: 300_000_000) == .instructionLimit)
    }

    @Test func aDifferenceIsFound() throws {
        let lockstep = try Lockstep(configuration(try DebianGuest(), cpus: 1), stride: 10_000)
        _ = try lockstep.run(instructionLimit: 1_000_000)
        lockstep.disturb()
        #expect(throws: Lockstep.Difference.self) { _ = try lockstep.run(instructionLimit: 1_020_000) }
    }

    @Test func bothEnginesGiveTheSameHash() throws {
        var hashes: [StateHash] = []
        for engine in EngineCatalog.names {
            var configuration = configuration(try DebianGuest(), cpus: 2)
            configuration.engine = engine
            let machine = try Machine(configuration, log: { _ in }, consoleOutput: { _ in })
            #expect(machine.engineName == engine)
            #expect(try machine.run(instructionLimit: 400_000_001) == .instructionLimit)
            hashes.append(try machine.stateHash())
            try machine.close()
        }
        #expect(hashes.count == 2 && hashes[0] == hashes[1])
    }
}

extension Lockstep {
    /// Changes one register of one machine, as a wrong translation would.
    fileprivate func disturb() {
        (fast.board as! VirtRISCV).harts[0].state.pointee.x[4] ^= 1
    }
}
