// The program that executes single MMX and SSE instructions on the host's own CPU.

@testable import X86

/// A C program: reads cases from standard input, executes each, writes the state afterwards, as it is when an
/// exception is delivered if there is one.
enum HostVectorHarness {
    /// Where words of a case lie. The result has the same ones before `flags`.
    enum Word {
        /// x87 control, status and abridged tags, as fxsave writes them.
        static let float = 0
        static let control = 1
        /// Eight x87 registers of two words each, from the top of the stack on.
        static let stack = 2
        /// 16 XMM registers of two words each.
        static let vectors = 18
        static let general = 50
        static let flags = 66
        /// In a case the length of the code, two words of code, and the data.
        static let code = 67
        static let data = 70
        /// In a result the number of the exception (`noException` without one), and the data.
        static let exception = 67
        static let dataAfter = 68
    }

    static let dataWords = 16
    static let caseWords = Word.data + dataWords
    static let resultWords = Word.dataAfter + dataWords
    static let noException: UInt64 = 255
    /// The memory operand lies around here, as in the harness for x87.
    static let data = HostFloatHarness.data

    static let source = """
        #define _GNU_SOURCE
        #include <setjmp.h>
        #include <signal.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <ucontext.h>
        typedef uint64_t u64;
        static sigjmp_buf back;
        static char stack[65536];
        static u64 *block = (u64 *)0x30000000;
        void enter(void);
        void leave(void);
        /* Block: image, 0x200: image afterwards, 0x400: registers, 0x480: flags, stack pointer, code, MXCSR. */
        __asm__(
            ".globl enter\\nenter:\\n"
            "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\\n"
            "mov %rsp, 0x30000488\\n"
            "fxrstor64 0x30000000\\n"
            "pushq 0x30000480; popfq\\n"
            "mov 0x30000408, %rcx; mov 0x30000410, %rdx; mov 0x30000418, %rbx; mov 0x30000420, %rsp\\n"
            "mov 0x30000428, %rbp; mov 0x30000430, %rsi; mov 0x30000438, %rdi; mov 0x30000440, %r8\\n"
            "mov 0x30000448, %r9; mov 0x30000450, %r10; mov 0x30000458, %r11; mov 0x30000460, %r12\\n"
            "mov 0x30000468, %r13; mov 0x30000470, %r14; mov 0x30000478, %r15; mov 0x30000400, %rax\\n"
            "jmp *0x30000490\\n"
            ".globl leave\\nleave:\\n"
            "fxsave64 0x30000200\\n"
            "mov %rax, 0x30000400; mov %rcx, 0x30000408; mov %rdx, 0x30000410; mov %rbx, 0x30000418\\n"
            "mov %rsp, 0x30000420; mov %rbp, 0x30000428; mov %rsi, 0x30000430; mov %rdi, 0x30000438\\n"
            "mov %r8, 0x30000440; mov %r9, 0x30000448; mov %r10, 0x30000450; mov %r11, 0x30000458\\n"
            "mov %r12, 0x30000460; mov %r13, 0x30000468; mov %r14, 0x30000470; mov %r15, 0x30000478\\n"
            "mov 0x30000488, %rsp; pushfq; popq 0x30000480; pushq $0x202; popfq\\n"
            "fninit; movl $0x1f80, 0x30000498; ldmxcsr 0x30000498\\n"
            "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\\n");
        static void handler(int number, siginfo_t *info, void *context) {
            (void)number, (void)info;
            mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
            static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI,
                REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
            for (int i = 0; i < 16; i++) block[128 + i] = machine->gregs[order[i]];
            block[144] = machine->gregs[REG_EFL];
            block[148] = machine->gregs[REG_TRAPNO];
            memcpy(block + 64, machine->fpregs, 512);
            siglongjmp(back, 1);
        }
        int main(void) {
            int rwx = PROT_READ | PROT_WRITE | PROT_EXEC, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
            char *code = (char *)0x10010000, *data = (char *)0x10000200;
            if (mmap((void *)0x10000000, 4096, rwx & 3, flags, -1, 0) == MAP_FAILED) return 2;
            if (mmap(code, 4096, rwx, flags, -1, 0) == MAP_FAILED) return 2;
            if (mmap(block, 4096, rwx & 3, flags, -1, 0) == MAP_FAILED) return 2;
            stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
            sigaltstack(&alternate, 0);
            struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
            int numbers[] = {SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGBUS};
            for (int i = 0; i < 5; i++) sigaction(numbers[i], &action, 0);
            u64 in[86], out[84];
            while (fread(in, 8, 86, stdin) == 86) {
                memset(block, 0, 1024);
                block[0] = in[0], block[3] = in[1];
                memcpy(block + 4, in + 2, 48 * 8);
                memcpy(block + 128, in + 50, 17 * 8);
                block[146] = (u64)code, block[148] = 255;
                memcpy(code, in + 68, in[67] & 15);
                memcpy(data, in + 70, 128);
                u64 target = (u64)leave;
                memcpy(code + (in[67] & 15), "\\xff\\x25\\0\\0\\0\\0", 6);
                memcpy(code + (in[67] & 15) + 6, &target, 8);
                if (!sigsetjmp(back, 1)) enter();
                out[0] = block[64] & 0xffffffffffff, out[1] = block[67] & 0xffffffff;
                memcpy(out + 2, block + 68, 48 * 8);
                memcpy(out + 50, block + 128, 17 * 8);
                out[67] = block[148];
                memcpy(out + 68, data, 128);
                fwrite(out, 8, 84, stdout);
            }
            return 0;
        }
        """

    /// The results of all cases, one after the other.
    static func run(_ cases: [VectorCase]) throws -> [UInt64] {
        let tools = try HostTools()
        defer { tools.remove() }
        try tools.write(source, to: "harness.c")
        try tools.run("/usr/bin/gcc", package: "gcc", ["-O1", "-no-pie", "-o", "harness", "harness.c"])
        var input: [UInt64] = []
        input.reserveCapacity(cases.count * caseWords)
        for test in cases { input += test.words }
        try tools.write(input.withUnsafeBytes { Array($0) }, to: "cases")
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
