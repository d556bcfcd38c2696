// The program that executes single x87 instructions on the host's own CPU.

/// A C program: reads cases from standard input, executes each with the x87 and vector state of its image,
/// writes the state afterwards.
enum HostFloatHarness {
    /// The memory operand, and where the code is, the same for the CPU under test.
    static let data: UInt64 = 0x1000_0200
    static let dataWords = 16

    /// A case: an image of fxsave, RAX, flags, length of the code, 2 words of code, data. A result: an image, RAX,
    /// flags, signal, data.
    static let imageWords = 64
    static let caseWords = 64 + 5 + 16
    static let resultWords = 64 + 3 + 16

    static let source = """
        #define _GNU_SOURCE
        #include <setjmp.h>
        #include <signal.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/mman.h>
        typedef uint64_t u64;
        static sigjmp_buf back;
        static volatile int caught;
        static char stack[65536];
        void enter(void);
        void leave(void);
        /* Block at 0x30000000: image, 0x200: image afterwards, 0x400: RAX, flags, stack pointer, code. */
        __asm__(
            ".globl enter\\nenter:\\n"
            "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\\n"
            "mov %rsp, 0x30000410\\n"
            "fxrstor64 0x30000000\\n"
            "pushq 0x30000408; popfq\\n"
            "mov $0x10000200, %esi; mov 0x30000400, %rax\\n"
            "jmp *0x30000418\\n"
            ".globl leave\\nleave:\\n"
            "fxsave64 0x30000200\\n"
            "mov %rax, 0x30000400; mov 0x30000410, %rsp; pushfq; popq 0x30000408; pushq $0x202; popfq\\n"
            "fninit; movl $0x1f80, 0x30000420; ldmxcsr 0x30000420\\n"
            "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\\n");
        static void handler(int number) {
            caught = number;
            siglongjmp(back, 1);
        }
        int main(void) {
            int rwx = PROT_READ | PROT_WRITE | PROT_EXEC, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
            char *code = (char *)0x10010000, *data = (char *)0x10000200;
            u64 *block = (u64 *)0x30000000;
            if (mmap((void *)0x10000000, 4096, rwx & 3, flags, -1, 0) == MAP_FAILED) return 2;
            if (mmap(code, 4096, rwx, flags, -1, 0) == MAP_FAILED) return 2;
            if (mmap(block, 4096, rwx & 3, flags, -1, 0) == MAP_FAILED) return 2;
            stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
            sigaltstack(&alternate, 0);
            struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
            int numbers[] = {SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGBUS};
            for (int i = 0; i < 5; i++) sigaction(numbers[i], &action, 0);
            u64 in[85], out[83];
            while (fread(in, 8, 85, stdin) == 85) {
                memcpy(block, in, 512);
                memset(block + 64, 0, 512);
                block[128] = in[64], block[129] = in[65], block[131] = (u64)code;
                memcpy(code, in + 67, in[66] & 15);
                memcpy(data, in + 69, 128);
                u64 target = (u64)leave;
                memcpy(code + (in[66] & 15), "\\xff\\x25\\0\\0\\0\\0", 6);
                memcpy(code + (in[66] & 15) + 6, &target, 8);
                caught = 0;
                if (!sigsetjmp(back, 1)) enter(); else __asm__ volatile("fninit");
                memcpy(out, block + 64, 512);
                out[64] = block[128], out[65] = block[129], out[66] = caught;
                memcpy(out + 67, data, 128);
                fwrite(out, 8, 83, stdout);
            }
            return 0;
        }
        """

    /// The results of all cases, one after the other.
    static func run(_ cases: [FloatCase]) throws -> [UInt64] {
        let tools = try HostTools()
        defer { tools.remove() }
        try tools.write(source, to: "harness.c")
        try tools.run("/usr/bin/gcc", package: "gcc", ["-O1", "-no-pie", "-o", "harness", "harness.c"])
        var input: [UInt8] = []
        input.reserveCapacity(cases.count * caseWords * 8)
        for test in cases {
            for word in test.words { withUnsafeBytes(of: word.littleEndian) { input += $0 } }
        }
        try tools.write(input, to: "cases")
        try tools.run(tools.path("harness"), package: "gcc", [], input: "cases", output: "results")
        let bytes = try tools.read("results")
        guard bytes.count == cases.count * resultWords * 8 else {
            throw HostTools.Failure(description: "the harness gave \(bytes.count) bytes")
        }
        return bytes.withUnsafeBytes { buffer in
            (0..<bytes.count / 8).map { buffer.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
        }
    }
}
