// Engines change all the time under a guest that sorts and hashes: it does what it does undisturbed.
import Foundation
import MachineCore
import StateCodec
import Testing

@testable import Machine

@Suite(.serialized) struct SwitchUnderLoadTests {
    /// Programs of Debian's user space. The host's print the same.
    private static let load = """
        export LC_ALL=C; seq 40000 | sort -k1.2 | sha256sum; seq 200000 | md5sum; \
        seq 20000 | sed 's/\\(.\\)\\(.*\\)/\\2 \\1/' | sort -rn | uniq -c | tail -n 3 | cksum
        """
    private static let (begin, end) = ("load begins", "load ends")
    private static let switches = 10_000
    /// Boot and load take a tenth: a guest that hangs ends the test.
    private static let limit: UInt64 = 40_000_000_000

    private struct Run: Equatable {
        var outcome: MachineOutcome
        var instructions: UInt64
        var hash: StateHash
        var console: String
    }

    private func machine(_ guest: DebianGuest, _ console: ConsoleLog) throws -> Machine {
        let command = "echo \(Self.begin); \(Self.load); echo \(Self.end); exit 3"
        let linux = guest.linux(DebianGuest.argument(toRun: command))
        var configuration = MachineConfiguration(name: "test", program: .linux(linux))
        configuration.memoryByteCount = 256 << 20
        configuration.clock = .deterministic(nanosecondsPerInstruction: 10)
        configuration.disks = [DiskConfiguration(path: try guest.makeDisk())]
        let machine = try Machine(configuration, log: { _ in }, consoleOutput: console.append)
        machine.remote.endInput()
        return machine
    }

    private func finish(_ machine: Machine, _ console: ConsoleLog) throws -> Run {
        let outcome = try machine.run(instructionLimit: Self.limit)
        let hash = try machine.stateHash()
        try machine.close()
        return Run(
            outcome: outcome, instructions: machine.instructionsExecuted, hash: hash, console: console.text)
    }

    /// Runs until the guest has printed `text`, give or take a step.
    private func run(_ machine: Machine, _ console: ConsoleLog, until text: String) throws -> UInt64 {
        while !console.text.contains(text) {
            try #require(machine.instructionsExecuted < Self.limit, "\(console.text)")
            try #require(try machine.run(instructionLimit: 5_000_000) == .instructionLimit, "\(console.text)")
        }
        return machine.instructionsExecuted
    }

    @Test func tenThousandSwitches() throws {
        let guest = try DebianGuest()
        let plainConsole = ConsoleLog()
        let plain = try machine(guest, plainConsole)
        let first = try run(plain, plainConsole, until: Self.begin)
        let last = try run(plain, plainConsole, until: Self.end)
        let expected = try finish(plain, plainConsole)
        #expect(expected.outcome == .poweredOff(status: 3))
        for line in try hostOutput() { #expect(expected.console.contains(line)) }

        let console = ConsoleLog()
        let switched = try machine(guest, console)
        var random = TestRandom(state: 0x5017)
        var switches = 0
        for _ in 0..<Self.switches {
            switched.schedule(at: .random(in: first..<last, using: &random)) { machine in
                let other = machine.engineName == "jit" ? "precise" : "jit"
                #expect(throws: Never.self) { try machine.switchEngine(to: other) }
                switches += 1
            }
        }
        let found = try finish(switched, console)
        #expect(found == expected)
        #expect(switches == Self.switches)
    }

    /// What the host's own programs print for the load, by line.
    private func hostOutput() throws -> [Substring] {
        let (shell, pipe) = (Process(), Pipe())
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", Self.load]
        shell.standardOutput = pipe
        try shell.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
        let lines = output.split(separator: "\n")
        try #require(lines.count == 3)
        return lines
    }
}
