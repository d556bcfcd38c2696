// Bare guests for tests, assembled with the riscv64 cross compiler.
import Foundation
import Machine
import MachineCore
import Synchronization
import VirtRISCV

/// A bare program for several harts. Its source has hart numbers in a0, a word of RAM `tohost`, and the
/// macros below.
struct BareProgram {
    struct Failure: Error { let reason: String }

    let bytes: [UInt8]

    /// - Parameter body: what all harts run.
    init(_ body: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bare-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = folder.appendingPathComponent("program.s")
        let program = folder.appendingPathComponent("program.elf")
        try (Self.macros + body + Self.data).write(to: source, atomically: true, encoding: .utf8)
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = [
            "riscv64-linux-gnu-gcc", "-nostdlib", "-static",
            "-Wl,-N,-Ttext=0x80000000,--build-id=none,--no-warn-rwx-segments", "-o", program.path, source.path,
        ]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else {
            throw Failure(reason: "these tests need gcc-riscv64-linux-gnu and binutils-riscv64-linux-gnu")
        }
        bytes = [UInt8](try Data(contentsOf: program))
    }

    private static let macros = """
        # finish STATUS: ends the machine
        .macro finish status
            li t0, (\\status << 1) | 1
            lla t1, tohost
            sd t0, 0(t1)
        9:  j 9b
        .endm
        # signal NAME: counts up; await NAME, COUNT: waits for it
        .macro signal name
            lla t1, \\name
            li t0, 1
            amoadd.d.aqrl zero, t0, (t1)
        .endm
        .macro await name, count
            lla t1, \\name
            li t2, \\count
        8:  ld t0, 0(t1)
            bltu t0, t2, 8b
            fence r, rw
        .endm
        .globl _start
        _start:

        """

    private static let data = """

        .data
        .balign 4096
        .globl tohost
        tohost: .dword 0
        .balign 64
        first: .dword 0
        .balign 64
        second: .dword 0
        .balign 64
        third: .dword 0
        .balign 64
        fourth: .dword 0
        .balign 64
        lock: .dword 0
        .balign 64
        ready: .dword 0

        """

    /// A machine that runs the program with each hart on a thread of its own.
    func machine(cpuCount: Int) throws -> Machine {
        let bytes = bytes
        var configuration = MachineConfiguration(
            name: "test", program: .bare(BootFile(name: "program") { bytes }))
        configuration.cpuCount = cpuCount
        configuration.memoryByteCount = 16 << 20
        configuration.engine = "jit"
        return try Machine(configuration, log: { _ in }, consoleOutput: { _ in })
    }

    /// Runs the program to its end.
    func run(cpuCount: Int) throws -> MachineOutcome {
        let machine = try machine(cpuCount: cpuCount)
        let outcome = try machine.run()
        try machine.close()
        return outcome
    }
}
