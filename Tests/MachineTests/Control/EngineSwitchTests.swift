// A machine that changes engines while it runs is the machine that never did.
import Foundation
import MachineCore
import StateCodec
import Synchronization
import Testing

@testable import Machine
@testable import VirtRISCV

@Suite(.serialized) struct EngineSwitchTests {
    private func configuration(_ guest: DebianGuest, cpus: Int = 1) -> MachineConfiguration {
        var configuration = MachineConfiguration(name: "test", program: .linux(guest.linux()))
        configuration.cpuCount = cpus
        configuration.memoryByteCount = 256 << 20
        configuration.clock = .deterministic(nanosecondsPerInstruction: 10)
        return configuration
    }

    /// 10,000 switches at random counts in the boot of a stock Debian kernel.
    @Test(arguments: [1, 2]) func tenThousandSwitches(_ cpus: Int) throws {
        let total: UInt64 = 200_000_000
        let guest = try DebianGuest()
        let plain = try Machine(configuration(guest, cpus: cpus), log: { _ in }, consoleOutput: { _ in })
        // The rounds of several CPUs end where the schedule says, so both have the same one.
        let counts = Self.randomCounts(10_000, below: total)
        for count in counts { plain.schedule(at: count) { _ in } }
        #expect(try plain.run(instructionLimit: total) == .instructionLimit)
        let switched = try Machine(configuration(guest, cpus: cpus), log: { _ in }, consoleOutput: { _ in })
        var switches = 0
        for count in counts {
            switched.schedule(at: count) { machine in
                let other = machine.engineName == "jit" ? "precise" : "jit"
                #expect(throws: Never.self) { try machine.switchEngine(to: other) }
                switches += 1
            }
        }
        #expect(try switched.run(instructionLimit: total) == .instructionLimit)
        #expect(switches == 10_000)
        #expect(switched.instructionsExecuted == plain.instructionsExecuted)
        #expect(try switched.stateHash() == plain.stateHash())
        try plain.close()
        try switched.close()
    }

    private static func randomCounts(_ count: Int, below total: UInt64) -> [UInt64] {
        var state: UInt64 = 0x5eed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return 1 + (state >> 16) % (total - 1)
        }
    }

    /// 10,000 switches while programs of Debian's work on files: what they print, and all that they leave behind, is
    /// what it is without a switch.
    @Test func switchesUnderLoad() throws {
        let guest = try DebianGuest()
        let load = """
            cd /usr/bin && cat * 2>/dev/null | head -c 3000000 | sha256sum
            ls -lR /usr/lib 2>/dev/null | sort -r | sort -k 5n | md5sum; tar -cf - /etc | gzip -9 | cksum
            """
        func run(_ prepare: (Machine) -> Void) throws -> (output: String, hash: StateHash, count: UInt64) {
            var configuration = configuration(guest)
            configuration.program = .linux(guest.linux(DebianGuest.argument(toRun: load)))
            configuration.disks = [DiskConfiguration(path: try guest.makeDisk())]
            let console = ConsoleLog()
            let machine = try Machine(configuration, log: { _ in }, consoleOutput: console.append)
            machine.remote.endInput()
            prepare(machine)
            #expect(try machine.run(instructionLimit: 20_000_000_000) == .poweredOff(status: 0))
            let result = (console.text, try machine.stateHash(), machine.instructionsExecuted)
            try machine.close()
            return result
        }
        let plain = try run { _ in }
        #expect(plain.output.count > 100)
        var switches = 0
        let loaded = plain.count / 2..<plain.count
        let switched = try run { machine in
            for count in Self.randomCounts(10_000, below: loaded.upperBound - loaded.lowerBound) {
                machine.schedule(at: loaded.lowerBound + count) { machine in
                    let other = machine.engineName == "jit" ? "precise" : "jit"
                    #expect(throws: Never.self) { try machine.switchEngine(to: other) }
                    switches += 1
                }
            }
        }
        #expect(switches == 10_000)
        #expect(switched.output == plain.output)
        #expect(switched.count == plain.count)
        #expect(switched.hash == plain.hash)
    }

    /// Asked from another thread, while harts run on threads of their own.
    @Test func switchesOfHartsOnThreads() throws {
        let program = try BareProgram("""
                li s0, 3000000
                lla s1, first
                li s2, 1
            1:  amoadd.d zero, s2, (s1)
                addi s0, s0, -1
                bnez s0, 1b
                signal ready
                bnez a0, 3f
                await ready, 2
                ld t0, 0(s1)
                li t1, 6000000
                bne t0, t1, 2f
                finish 0
            2:  finish 1
            3:  j 3b
            """)
        let machine = try program.machine(cpuCount: 2)
        let remote = machine.remote
        let switches = Mutex(0)
        let switcher = Thread {
            for number in 0... {
                let name = number % 2 == 0 ? "precise" : "jit"
                guard (try? remote.perform { try $0.switchEngine(to: name) }) != nil else { return }
                switches.withLock { $0 += 1 }
            }
        }
        switcher.start()
        #expect(try machine.run() == .poweredOff(status: 0))
        try machine.close()
        #expect(switches.withLock { $0 } > 0)
    }

    @Test func unknownEnginesAreRefused() throws {
        let machine = try BareProgram("1: j 1b\n").machine(cpuCount: 1)
        #expect(throws: MachineError.self) { try machine.switchEngine(to: "fast") }
        #expect(machine.engineName == "jit")
        try machine.close()
    }
}
