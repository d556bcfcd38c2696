// Small guests, assembled with the riscv64 cross compiler.
import Foundation
import Testing

/// Programs for the bare machine, and a thing that looks like a Linux kernel.
enum Programs {
    /// Ends through `tohost` with `status`, leaving a signature of three words.
    static func ending(with status: Int, _ home: TestHome) throws -> String {
        try assemble("ending-\(status)", """
            .globl _start
            _start: li t0, \(status << 1 | 1)
                lla t1, tohost
                sd t0, 0(t1)
            1:  j 1b
            .data
            .balign 64
            .globl tohost
            tohost: .dword 0
            .globl fromhost
            fromhost: .dword 0
            .globl begin_signature
            begin_signature: .word 0x11223344, 0xdeadbeef, 7
            .globl end_signature
            end_signature: .word 0
            """, home)
    }

    /// Never ends, and never waits.
    static func hanging(_ home: TestHome) throws -> String {
        try assemble("hanging", ".globl _start\n_start: j _start", home)
    }

    /// Writes to page after page of 4 MiB of RAM, for ever.
    static func counting(_ home: TestHome) throws -> String {
        try assemble("counting", """
            .globl _start
            _start: li s1, 0x80400000
                li s2, 0x80800000
            1:  mv s3, s1
            2:  addi s0, s0, 1
                sd s0, 0(s3)
                addi s3, s3, 1024
                bltu s3, s2, 2b
                j 1b
            """, home)
    }

    /// Waits for an interrupt that nobody enables.
    static func waiting(_ home: TestHome) throws -> String {
        try assemble("waiting", ".globl _start\n_start: wfi\n j _start", home)
    }

    /// Prints `text` on the UART and switches the machine off with success.
    static func printing(_ text: String, _ home: TestHome) throws -> String {
        try assemble("printing", """
            .globl _start
            _start: lla t0, text
                li t1, 0x10000000
            1:  lbu t2, 0(t0)
                beqz t2, 2f
                sb t2, 0(t1)
                addi t0, t0, 1
                j 1b
            2:  li t0, 0x100000
                li t1, 0x5555
                sw t1, 0(t0)
            3:  j 3b
            text: .asciz "\(text)"
            """, home)
    }

    /// The first CPU says `ready`, then sends back what comes from the UART; `q` switches the machine off
    /// with status 3.
    static func echo(_ home: TestHome) throws -> String {
        try assemble("echo", """
            .globl _start
            _start: bnez a0, 4f
                li t1, 0x10000000
                lla t0, ready
            1:  lbu t2, 0(t0)
                beqz t2, 2f
                sb t2, 0(t1)
                addi t0, t0, 1
                j 1b
            2:  lbu t2, 5(t1)
                andi t2, t2, 1
                beqz t2, 2b
                lbu t2, 0(t1)
                sb t2, 0(t1)
                li t3, 'q'
                bne t2, t3, 2b
                li t0, 0x100000
                li t1, 0x33333
                sw t1, 0(t0)
            3:  j 3b
            4:  wfi
                j 4b
            ready: .asciz "ready\\n"
            """, home)
    }

    /// A Linux `Image` (Documentation/arch/riscv/boot-image-header.rst) that prints its device tree as it
    /// is and switches the machine off with status 9.
    static func kernel(_ home: TestHome) throws -> String {
        let elf = try assemble("kernel", """
            .option norvc
            .globl _start
            _start: j start
                .word 0
                .dword 0x200000, end - _start, 0
                .word 2, 0
                .dword 0
                .ascii "RISCV\\0\\0\\0"
                .ascii "RSC\\005"
                .word 0
            start: li t0, 0x10000000
                lbu t1, 6(a1)
                slli t1, t1, 8
                lbu t2, 7(a1)
                or t1, t1, t2
                add t1, t1, a1
            1:  lbu t2, 0(a1)
                sb t2, 0(t0)
                addi a1, a1, 1
                bne a1, t1, 1b
                li t0, 0x100000
                li t1, 0x93333
                sw t1, 0(t0)
            2:  j 2b
            end:
            """, home)
        let image = home.path("kernel.image")
        try run("riscv64-linux-gnu-objcopy", ["-O", "binary", "-j", ".text", elf, image])
        return image
    }

    private static func assemble(_ name: String, _ source: String, _ home: TestHome) throws -> String {
        let text = try home.file("\(name).s", Data((source + "\n").utf8))
        let program = home.path("\(name).elf")
        try run(
            "riscv64-linux-gnu-gcc",
            [
                "-nostdlib", "-static", "-Wl,-N,-Ttext=0x80000000,--build-id=none,--no-warn-rwx-segments", "-o",
                program, text,
            ])
        return program
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        try process.run()
        process.waitUntilExit()
        try #require(
            process.terminationStatus == 0,
            "\(program) failed; these tests need gcc-riscv64-linux-gnu and binutils-riscv64-linux-gnu")
    }
}
