// Stock Debian for amd64 on the PC, on both engines.
import Foundation
import MachineCore
import PC
import StateCodec
import Testing

@testable import Machine

@Suite(.serialized) struct PCBootTests {
    private func configuration(_ guest: DebianGuest, _ words: String = "", cpus: Int = 1) -> MachineConfiguration {
        var configuration = MachineConfiguration(name: "test", program: .linux(guest.linux(words)))
        configuration.board = .pc
        configuration.cpuCount = cpus
        configuration.memoryByteCount = 256 << 20
        return configuration
    }

    /// Boots, runs `command` in the guest, and gives what it printed.
    private func run(_ command: String, cpus: Int = 1) throws -> (outcome: MachineOutcome, console: String) {
        let guest = try DebianGuest(.pc)
        var configuration = configuration(guest, DebianGuest.argument(toRun: command), cpus: cpus)
        configuration.disks = [DiskConfiguration(path: try guest.makeDisk(), serial: "STL-TEST-1")]
        let console = ConsoleLog()
        let machine = try Machine(configuration, log: { console.append(Array($0.utf8)) }) { console.append($0) }
        machine.remote.endInput()
        // Ten times what the boot needs: a guest that hangs ends the test.
        let outcome = try machine.run(instructionLimit: 30_000_000_000)
        try machine.close()
        return (outcome, console.text)
    }

    @Test func aProgramOfEachKindAndTheDisk() throws {
        let command = """
            uname -srm; cat /etc/os-release; cat /sys/block/vda/serial; echo; \
            python3 -c 'print(sum(i * i for i in range(1000)), 2 ** 0.5, 10.0 / 3)'; \
            awk 'BEGIN { printf "%.12f %.12f\\n", exp(1), atan2(1, 2) }'; \
            printf starling | openssl sha256; \
            printf starling | openssl enc -aes-128-cbc -pbkdf2 -k k -nosalt | od -An -tx1 | tr -d ' '; \
            dd if=/dev/zero bs=1k count=64 2>/dev/null | tr '\\0' s > /root/file; sync; \
            echo 3 > /proc/sys/vm/drop_caches; sha256sum /root/file; exit 7
            """
        let (outcome, console) = try run(command)
        #expect(outcome == .poweredOff(status: 7), "\(console)")
        #expect(console.contains("Linux 6.1") && console.contains("x86_64"))
        #expect(console.contains("VERSION_CODENAME=bookworm"))
        #expect(console.contains("STL-TEST-1"))
        #expect(console.contains("332833500 1.4142135623730951 3.3333333333333335"))
        #expect(console.contains("2.718281828459 0.463647609001"))
        // What the same commands print on the host.
        #expect(console.contains("a5146c9a626dff2bb05b31fd42150cdaa44d09a67574c4a27327d9b5426f5e06"))
        #expect(console.contains("8fe70cd0ac7199615ab50f13c46d129b"))
        // head -c 65536 /dev/zero | tr '\0' s | sha256sum
        #expect(console.contains("e4916bd20ed29191e46063f402ec709e1a8ca9151dcedab878b75485fd90f16d  /root/file"))
    }

    @Test func fourCPUs() throws {
        let (outcome, console) = try run("echo cpus=$(nproc); taskset -c 3 true && exit 4", cpus: 4)
        #expect(outcome == .poweredOff(status: 4), "\(console)")
        #expect(console.contains("cpus=4"))
    }

    private func deterministic(_ guest: DebianGuest, cpus: Int = 1) -> MachineConfiguration {
        var configuration = configuration(guest, cpus: cpus)
        configuration.clock = .deterministic(nanosecondsPerInstruction: 10)
        return configuration
    }

    @Test func everyBlockOfTheFirstInstructions() throws {
        let lockstep = try Lockstep(deterministic(try DebianGuest(.pc)))
        #expect(try lockstep.run(instructionLimit: 5_000_000) == .instructionLimit)
    }

    @Test func chainedBlocksAndTraces() throws {
        let lockstep = try Lockstep(deterministic(try DebianGuest(.pc)), stride: 20_000)
        #expect(try lockstep.run(instructionLimit: 300_000_000) == .instructionLimit)
    }

    @Test func bothEnginesGiveTheSameHash() throws {
        var hashes: [StateHash] = []
        for engine in EngineCatalog.names {
            var configuration = deterministic(try DebianGuest(.pc), cpus: 2)
            configuration.engine = engine
            let machine = try Machine(configuration, log: { _ in }, consoleOutput: { _ in })
            #expect(try machine.run(instructionLimit: 400_000_001) == .instructionLimit)
            hashes.append(try machine.stateHash())
            try machine.close()
        }
        #expect(hashes.count == 2 && hashes[0] == hashes[1])
    }
}
