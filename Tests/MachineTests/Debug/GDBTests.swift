// Stock gdb over a booting Debian kernel.
import Debug
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Machine

@Suite(.serialized) struct GDBTests {
    /// Runs gdb with commands on a machine that is being run, and gives what it prints.
    private func gdb(_ machine: Machine, _ commands: [String]) throws -> String {
        let socket = FileManager.default.temporaryDirectory.appendingPathComponent("gdb-\(UUID().uuidString)").path
        let server = try DebugServer(.path(socket), machine.remote)
        let remote = machine.remote
        let text = Mutexed("")
        let thread = Thread {
            text.value = Self.run(["set architecture riscv:rv64", "target remote \(socket)"] + commands)
            remote.stop()
        }
        thread.start()
        #expect(try machine.run() == .stopped)
        while text.value.isEmpty { Thread.sleep(forTimeInterval: 0.01) }
        server.close()
        try machine.close()
        return text.value
    }

    /// A gdb that waits for a stop which never comes is killed, so that the test fails instead of waiting for ever.
    private static func run(_ commands: [String]) -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["timeout", "-s", "KILL", "400", "gdb-multiarch", "-nx", "-batch"]
            + (["set pagination off", "set confirm off", "set remotetimeout 60"] + commands).flatMap { ["-ex", $0] }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return "this test needs gdb-multiarch" }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    private func booting() throws -> Machine {
        var configuration = MachineConfiguration(name: "test", program: .linux(try DebianGuest().linux()))
        configuration.memoryByteCount = 256 << 20
        return try Machine(configuration, log: { _ in }, consoleOutput: { _ in })
    }

    /// A breakpoint at the trap handler that the kernel has set, the way there, and back to who wrote a variable.
    @Test func aBootingKernel() throws {
        let machine = try booting()
        _ = try machine.run(instructionLimit: 200_000_000)
        try machine.startRecording()
        let text = try gdb(machine, [
            "info threads",
            "print/x $stvec",
            "hbreak *$stvec",
            "continue",
            "printf \"at the handler: %d\\n\", $pc == $stvec",
            "delete",
            "x/3i $pc",
            "stepi 20",
            "watch -location *(long *)$sp",
            "continue",
            "continue",
            "set $after = (long)$pc",
            "set $written = *(long *)$sp",
            "delete 1",
            "stepi 50",
            // Who wrote this? Backwards, the machine stops before the instruction that did.
            "reverse-continue",
            "printf \"the write again: %d\\n\", (long)$pc < $after && $after - (long)$pc <= 4",
            "delete",
            "set $here = (long)$pc",
            "reverse-stepi",
            "printf \"one before: %d\\n\", (long)$pc != $here",
            "monitor engine precise",
            "stepi",
            "info registers mstatus satp priv",
            "detach",
        ])
        #expect(text.contains("cpu 0"), "\(text)")
        #expect(text.contains("at the handler: 1"), "\(text)")
        #expect(text.contains("the write again: 1"), "\(text)")
        #expect(text.contains("one before: 1"), "\(text)")
        #expect(text.contains("precise"), "\(text)")
        #expect(text.contains("satp"), "\(text)")
    }

    /// The kernel's own names, which its first boot has told, while it boots a second time: a breakpoint at a function
    /// of the kernel, who called it, and a variable by its name.
    @Test func aBootWithTheKernelsSymbols() throws {
        let symbols = try symbolFile()
        defer { try? FileManager.default.removeItem(atPath: symbols) }
        let machine = try booting()
        // The kernel must not be past its first function when gdb has started at last.
        machine.pause()
        let text = try gdb(machine, [
            "symbol-file \(symbols)",
            "hbreak *start_kernel",
            "continue",
            "printf \"at: \"", "output/a $pc", "printf \"\\n\"",
            "delete",
            "hbreak *kernel_init_freeable",
            "continue",
            "backtrace",
            "delete",
            "hbreak *do_one_initcall",
            "continue",
            "backtrace",
            "watch *(long *)&jiffies_64",
            "delete 3",
            "continue",
            "detach",
        ])
        #expect(text.contains("<start_kernel"), "\(text)")
        #expect(text.contains("in kernel_init ()"), "\(text)")
        #expect(text.contains("ret_from_fork"), "\(text)")
        #expect(text.contains("in do_one_initcall ()"), "\(text)")
        #expect(text.contains("Old value"), "\(text)")
    }

    /// Boots once, and has the guest say where everything is.
    private func symbolFile() throws -> String {
        let guest = try DebianGuest()
        let disk = try guest.makeDisk()
        defer { withExtendedLifetime(guest) {} }
        let tell = "sysctl -qw kernel.kptr_restrict=0; cat /proc/kallsyms > /root/kallsyms; sync"
        var configuration = MachineConfiguration(
            name: "test", program: .linux(guest.linux(DebianGuest.argument(toRun: tell))))
        configuration.memoryByteCount = 256 << 20
        configuration.disks = [DiskConfiguration(path: disk)]
        let machine = try Machine(configuration, log: { _ in }, consoleOutput: { _ in })
        machine.remote.endInput()
        #expect(try machine.run(instructionLimit: 40_000_000_000) == .poweredOff(status: 0))
        try machine.close()
        let path = disk + ".kallsyms"
        let dump = Process()
        dump.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        dump.environment = ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"]
        dump.arguments = ["debugfs", "-R", "dump /root/kallsyms \(path)", disk]
        dump.standardError = FileHandle.nullDevice
        try dump.run()
        dump.waitUntilExit()
        let text = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let file = NSTemporaryDirectory() + "symbols-\(UUID().uuidString).elf"
        try Data(try KernelSymbols(parsing: text).elf(machine: 243)).write(to: URL(fileURLWithPath: file))
        return file
    }

    @Test func withoutARecordingThereIsNoWayBack() throws {
        let machine = try booting()
        let text = try gdb(machine, ["stepi", "reverse-stepi", "printf \"still here: %d\\n\", $pc > 0", "kill"])
        #expect(text.contains("does not support"), "\(text)")
        #expect(text.contains("still here: 1"), "\(text)")
    }
}
